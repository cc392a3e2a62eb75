"""``sagacheck completion``: a shell completes commands, options and their words."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

VARIABLE = "_SCENARIOS_COMPLETE"
"""By this the shell's script asks for words instead of running anything."""

EXAMPLES = """\b
Examples:
  eval "$(sagacheck completion bash)"       in ~/.bashrc
  eval "$(sagacheck completion zsh)"        in ~/.zshrc
  sagacheck completion fish | source        in ~/.config/fish/config.fish

\b
From then on `scenarios` is short for `sagacheck`, and its words are completed.
"""

_SHORTHAND = {
    "bash": 'scenarios() { sagacheck "$@"; }\n',
    "zsh": 'scenarios() { sagacheck "$@"; }\n',
    "fish": "function scenarios; sagacheck $argv; end\n",
}
# Click's scripts run a program of the completed name, which is none here but a function.
_RUNS = {
    "bash": (f"{VARIABLE}=bash_complete $1", f"{VARIABLE}=bash_complete sagacheck"),
    "zsh": (f"{VARIABLE}=zsh_complete scenarios", f"{VARIABLE}=zsh_complete sagacheck"),
    "fish": ("(commandline -t) scenarios)", "(commandline -t) sagacheck)"),
}


@click.command(epilog=EXAMPLES)
@click.argument("shell", type=click.Choice([*_SHORTHAND]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script with which a shell completes commands, options and their words."""
    made_for = get_completion_class(shell)
    assert made_for is not None, "click knows these shells"
    script = made_for(context.find_root().command, {}, "scenarios", VARIABLE).source()
    wanted, instead = _RUNS[shell]
    assert wanted in script, "click's script has changed; checked with 8.2"
    script = script.replace(wanted, instead).replace(
        "$+commands[scenarios]", "$+functions[scenarios]"
    )
    click.echo(_SHORTHAND[shell] + script, nl=False)
