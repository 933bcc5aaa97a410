"""`python -m aleator`."""

from aleator.cli import main

main()
