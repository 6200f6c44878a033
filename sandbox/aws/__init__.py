"""An AWS account in a box: moto, made to behave as AWS documents it, with a seeded account and its traffic."""
