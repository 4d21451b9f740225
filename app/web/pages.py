"""The API's own pages: the sign-in page, the door of the waiting room, and its reference. No script but the door's."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

STYLE = """
:root { color-scheme: light dark; --line: #6b7c85; --accent: #0b6470; --ground: #f4f7f7; --paper: #ffffff;
  --ink: #17242a; --bad: #9b1c1c; }
@media (prefers-color-scheme: dark) { :root { --line: #8fa3ab; --accent: #6fcad6; --ground: #12191c; --paper: #1b2529;
  --ink: #e8eff1; --bad: #ffb4ab; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 26rem; margin: 12vh auto 2rem; padding: 2rem; background: var(--paper); border-radius: 0.75rem; }
main.wide { max-width: 60rem; margin-top: 2rem; }
h1 { margin: 0 0 1.25rem; font-size: 1.5rem; }
label { display: block; margin-bottom: 1rem; }
input { display: block; width: 100%; margin-top: 0.25rem; padding: 0.6rem 0.75rem; border: 1px solid var(--line);
  border-radius: 0.5rem; background: transparent; color: inherit; font: inherit; }
button, .button { display: block; width: 100%; padding: 0.7rem; border: 1px solid var(--accent); border-radius: 0.5rem;
  background: var(--accent); color: var(--paper); font: inherit; font-weight: 600; text-align: center;
  text-decoration: none; cursor: pointer; }
.button { margin-top: 0.75rem; background: transparent; color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
[hidden] { display: none; }
.words { white-space: pre-line; }
.problem { color: var(--bad); }
table { width: 100%; border-collapse: collapse; margin: 0.5rem 0 1.5rem; }
th, td { padding: 0.4rem 0.75rem 0.4rem 0; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; }
code { font-size: 0.9rem; overflow-wrap: anywhere; }
"""


def sign_in(wanted: str, problem: str = "", *, provider: bool = False) -> str:
    """Args:
    wanted: the path to go to afterwards.
    problem: why the last try did not let in.
    provider: whether there is an identity provider.
    """
    told = f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""
    other = (
        f'<a class="button" href="/api/sign-in/provider?next={quote(wanted, safe="")}">Use your practice’s account</a>'
    )
    return page(
        "Sign in",
        f"""<h1>Sign in</h1>{told}
<form method="post" action="/api/sign-in">
<input type="hidden" name="next" value="{escape(wanted)}">
<label>Login<input name="login" autocomplete="username" maxlength="200" required autofocus></label>
<label>Password<input name="password" type="password" autocomplete="current-password" maxlength="256" required></label>
<button>Sign in</button>
</form>{other if provider else ""}""",
    )


def door() -> str:
    """The waiting room, for who comes by its link."""
    return page(
        "Waiting room",
        """<h1>Waiting room</h1><p id="problem" class="problem" role="alert"></p>
<section id="room" hidden><p id="where"></p><p id="state" role="status"></p>
<button id="here" hidden>I am here</button><button id="away" class="button" hidden>I have to leave</button>
<h2>Recording</h2><p id="words" class="words"></p><p id="agreed" role="status"></p>
<button id="agree" hidden>I agree to be recorded</button>
<button id="withdraw" class="button" hidden>I do not agree any more</button></section>
<noscript><p>This page needs JavaScript.</p></noscript>
<script type="module" src="/api/waiting-room.js"></script>""",
    )


def page(title: str, body: str, *, wide: bool = False) -> str:
    """A whole page; `body` is HTML."""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} · notebench</title><link rel="stylesheet" href="/api/style.css"></head>
<body><main{' class="wide"' if wide else ""}>
{body}
</main></body></html>
"""
