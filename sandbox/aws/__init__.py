"""An AWS account in a box: moto, made to behave as AWS documents it, with a seeded account and its traffic.

Moto reads its settings from the environment when it is imported, so they are set here, before anything else.
"""

from sandbox.aws import environment as environment
