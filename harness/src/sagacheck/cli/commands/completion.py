"""``sagacheck completion``: a shell completes commands, options and their values."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

PROGRAM = "sagacheck"
VARIABLE = "_SAGACHECK_COMPLETE"
"""By this environment variable a shell's script asks for words instead of running a command."""
SHELLS = ("bash", "zsh", "fish")

EXAMPLES = """\b
Examples:
  eval "$(sagacheck completion bash)"       in ~/.bashrc
  eval "$(sagacheck completion zsh)"        in ~/.zshrc
  sagacheck completion fish | source        in ~/.config/fish/config.fish
"""


@click.command("completion", epilog=EXAMPLES)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    With it a shell completes commands, options and their values.
    """
    made_for = get_completion_class(shell)
    assert made_for is not None, "click knows these shells"
    script = made_for(context.find_root().command, {}, PROGRAM, VARIABLE).source()
    click.echo(script, nl=False)
