"""`python -m cli` is `ec2ir`."""

from cli.main import main

main()
