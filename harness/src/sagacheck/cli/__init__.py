"""The command line: ``sagacheck``."""

from sagacheck.cli.completion import VARIABLE
from sagacheck.cli.main import main
from sagacheck.cli.new import GOODS, SKELETON
from sagacheck.cli.options import WRONG_INPUT

__all__ = ["GOODS", "SKELETON", "VARIABLE", "WRONG_INPUT", "main"]
