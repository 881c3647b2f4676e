"""What an operator may set: how it is read, what is refused and in which words, and that its lists are complete."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from convoscope.settings import env
from tests.support.source import ROOT

NAME = "CONVOSCOPE_TEST_VALUE"
OTHER = "CONVOSCOPE_TEST_OTHER"
SAFE = {
    "APP_ENV": "production",
    "APP_SECRET_KEY": "fifty characters that nobody but this test knows ...",
    "APP_BASE_URL": "https://chat.example",
    "APP_ALLOWED_HOSTS": "chat.example",
    "APP_DOTENV": "/dev/null",
}

Reader = Callable[[], object]


def port() -> int:
    return env.integer(NAME, 8000, minimum=1, maximum=65535)


def count() -> int:
    return env.integer(NAME, 2)


def flag() -> bool:
    return env.boolean(NAME, True)


def timeout() -> float:
    return env.seconds(NAME, 30, also=OTHER, minimum=1, maximum=600)


def unlimited() -> float:
    return env.seconds(NAME, 30)


def temperature() -> float:
    return env.decimal(NAME, 0.7, minimum=0, maximum=2)


def color() -> str:
    return env.choice(NAME, "red", ("red", "green"), also=OTHER)


def hosts() -> list[str]:
    return env.words(NAME, "a, b")


def plain() -> str:
    return env.text(NAME, "otherwise", also=OTHER)


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (plain, " spaced out ", "spaced out"),
        (plain, "", "otherwise"),
        (plain, "  ", "otherwise"),
        (port, "1", 1),
        (port, "65535", 65535),
        (port, "", 8000),
        (count, "0", 0),
        *((flag, word, True) for word in ("1", "true", "TRUE", "Yes", "on", "", " ")),
        *((flag, word, False) for word in ("0", "false", "False", "no", "OFF")),
        (timeout, "1", 1.0),
        (timeout, "2.5", 2.5),
        (timeout, "", 30.0),
        (unlimited, "0", 0.0),
        (unlimited, "86400", 86400.0),
        (temperature, "0", 0.0),
        (temperature, "2", 2.0),
        (color, "GREEN", "green"),
        (color, "", "red"),
        (hosts, "", ["a", "b"]),
        (hosts, " x ,, y,", ["x", "y"]),
        (hosts, ",", []),
    ],
)
def test_a_value_is_read(monkeypatch: pytest.MonkeyPatch, read: Reader, value: str, expected: object) -> None:
    monkeypatch.setenv(NAME, value)
    found = read()
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("read", "value", "reason"),
    [
        *((port, value, "must be between 1 and 65535") for value in ("0", "-1", "65536")),
        *((port, value, "must be a whole number") for value in ("a", "1.5", "0x10", "8000 # why", "1e3", "٫")),
        pytest.param(port, "9" * 400, "must be between 1 and 65535", id="400 digits"),
        pytest.param(port, "9" * 5000, "must be a whole number", id="5000 digits"),
        (count, "-1", "must be at least 0"),
        *((flag, value, "must be true or false") for value in ("2", "maybe", "t", "true # why", "None")),
        *((timeout, value, "must be between 1 and 600") for value in ("0", "0.99", "600.1", "-5", "nan", "inf", "1e9")),
        *((unlimited, value, "must be at least 0") for value in ("-0.1", "nan", "inf", "-inf", "1e999")),
        *((timeout, value, "must be a number of seconds") for value in ("5s", "1,5", "PT5S")),
        *((temperature, value, "must be between 0 and 2") for value in ("-0.1", "2.1", "nan", "inf")),
        *((temperature, value, "must be a number") for value in ("warm", "0,7")),
        *((color, value, "must be one of green, red") for value in ("blue", "redgreen", "red,green")),
    ],
)
def test_a_bad_value_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, read: Reader, value: str, reason: str) -> None:
    monkeypatch.setenv(NAME, value)
    with pytest.raises(ImproperlyConfigured, match=f"^{NAME} {reason}"):
        read()


def test_the_first_of_two_names_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OTHER, "green")
    assert color() == "green"
    monkeypatch.setenv(NAME, "red")
    assert color() == "red"
    monkeypatch.setenv(NAME, "")
    assert color() == "green"


def test_what_is_read_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "READ", set())
    plain()
    env.secret("CONVOSCOPE_TEST_KEY")
    assert {NAME, OTHER, "CONVOSCOPE_TEST_KEY", "CONVOSCOPE_TEST_KEY_FILE"} == env.READ


# Secrets


def test_a_secret_comes_from_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("  from the file\n", encoding="utf-8")
    assert env.secret(NAME, "otherwise") == "otherwise"
    monkeypatch.setenv(NAME, "from the environment")
    assert env.secret(NAME) == "from the environment"
    monkeypatch.setenv(f"{NAME}_FILE", str(file))
    assert env.secret(NAME) == "from the file"


@pytest.mark.parametrize("path", ["missing", "."])
def test_a_secret_file_that_cant_be_read_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, path: str
) -> None:
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / path))
    with pytest.raises(ImproperlyConfigured, match=f"^{NAME}_FILE names a file that can't be read"):
        env.secret(NAME)


def test_several_secrets_come_newest_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert env.secrets(NAME, minimum_chars=4) == []
    monkeypatch.setenv(NAME, " newest , older,")
    assert env.secrets(NAME, minimum_chars=4) == ["newest", "older"]
    file = tmp_path / "keys"
    file.write_text("from,a,file\n", encoding="utf-8")
    monkeypatch.setenv(f"{NAME}_FILE", str(file))
    with pytest.raises(ImproperlyConfigured, match=f"^{NAME} must be a list of secrets of 4 characters or more.$"):
        env.secrets(NAME, minimum_chars=4)


# .env


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (f"{NAME}=plain", "plain"),
        (f"  export {NAME} = spaced out  ", "spaced out"),
        (f'{NAME}="  quoted  "', "  quoted  "),
        (f"{NAME}='single'", "single"),
        (f'{NAME}="it\'s"', "it's"),
        (f"{NAME}='half", "'half"),
        (f'{NAME}="', '"'),
        (f"{NAME}=a=b#c", "a=b#c"),
        (f"{NAME}=", ""),
        (f"\ufeff{NAME}=after a byte order mark", "after a byte order mark"),
        (f"# a comment\n\n{NAME}=after\r", "after"),
    ],
)
def test_dotenv_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str, value: str) -> None:
    # Set and removed again, so that what the file sets is undone with the test.
    monkeypatch.setenv(NAME, "")
    monkeypatch.delenv(NAME)
    file = tmp_path / ".env"
    file.write_text(line + "\n", encoding="utf-8")
    env.load_dotenv(file)
    assert os.environ[NAME] == value


def test_dotenv_gives_way_to_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(NAME, "environment")
    file = tmp_path / ".env"
    file.write_text(f"{NAME}=file\n", encoding="utf-8")
    env.load_dotenv(file)
    assert plain() == "environment"


def test_dotenv_may_be_missing(tmp_path: Path) -> None:
    before = dict(os.environ)
    env.load_dotenv(tmp_path / ".env")
    assert dict(os.environ) == before


@pytest.mark.parametrize("line", ["no assignment", "=value", "2NAME=value", "A NAME=value", "export"])
def test_dotenv_line_that_is_no_assignment_is_refused_by_number(tmp_path: Path, line: str) -> None:
    file = tmp_path / ".env"
    file.write_text(f"# first\n{line}\n", encoding="utf-8")
    with pytest.raises(ImproperlyConfigured, match=r"^\.env line 2 is not NAME=value"):
        env.load_dotenv(file)


# The lists of variables


def test_example_and_docs_list_what_is_read(tmp_path: Path) -> None:
    read = set(json.loads(settings_process(tmp_path, SAFE, "json.dumps(sorted(env.READ))").stdout))
    # The file of a secret is explained once, for all.
    read -= {f"{name}_FILE" for name in read}
    example = re.findall(r"^#?([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.M)
    rows = re.findall(r"^\| .*\|$", (ROOT / "docs/configuration.md").read_text(encoding="utf-8"), re.M)
    documented = [name for row in rows for name in re.findall(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|ENVIRONMENT)`", row)]
    assert sorted(example) == sorted(read)
    assert sorted(documented) == sorted(read)


def test_every_variable_of_the_example_has_its_comment() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    uncommented = [
        line for before, line in pairwise(lines) if re.match(r"#?[A-Z0-9_]+=", line) and not before.startswith("# ")
    ]
    assert uncommented == []


def test_the_examples_defaults_are_the_defaults(tmp_path: Path) -> None:
    """Setting every variable to what the example shows changes nothing."""
    shown = re.sub(r"^#([A-Z0-9_]+=)", r"\1", (ROOT / ".env.example").read_text(encoding="utf-8"), flags=re.M)
    (tmp_path / "all").write_text(shown, encoding="utf-8")
    expression = "repr({name: value for name, value in vars(base).items() if name.isupper()})"
    key = {"APP_SECRET_KEY": "the same for both"}
    without = settings_process(tmp_path, key | {"APP_DOTENV": "/dev/null"}, expression).stdout
    with_all = settings_process(tmp_path, key | {"APP_DOTENV": str(tmp_path / "all")}, expression).stdout
    assert "APP_PORT" in without
    assert with_all == without


# Production


@pytest.mark.security
@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"APP_SECRET_KEY": ""}, "APP_SECRET_KEY"),
        ({"APP_SECRET_KEY": "x" * 31}, "APP_SECRET_KEY"),
        ({"APP_DEBUG": "true"}, "APP_DEBUG"),
        ({"APP_BASE_URL": ""}, "APP_BASE_URL"),
        ({"APP_BASE_URL": "http://chat.example"}, "APP_BASE_URL"),
        ({"APP_ALLOWED_HOSTS": "chat.example,*"}, "APP_ALLOWED_HOSTS"),
    ],
)
def test_production_refuses_unsafe_settings(tmp_path: Path, change: dict[str, str], name: str) -> None:
    refused = settings_process(tmp_path, SAFE | change, "''")
    assert refused.returncode != 0
    assert refused.stderr.splitlines()[-1].startswith(f"django.core.exceptions.ImproperlyConfigured: {name} must ")
    # The key itself is never shown.
    assert SAFE["APP_SECRET_KEY"] not in refused.stderr


def test_both_names_of_the_environment_mean_production(tmp_path: Path) -> None:
    unsafe = {"ENVIRONMENT": "production", "APP_DEBUG": "true", "APP_DOTENV": "/dev/null"}
    assert settings_process(tmp_path, unsafe, "''").returncode != 0


@pytest.mark.security
def test_production_passes_the_deployment_check(tmp_path: Path) -> None:
    checked = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=SAFE | {"APP_VAR_DIR": str(tmp_path / "var"), "DJANGO_SETTINGS_MODULE": "convoscope.settings.current"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"DEFAULT_LLM_PROVIDER": "anthropic"}, "set ANTHROPIC_API_KEY"),
        ({"DEFAULT_LLM_PROVIDER": "nobody"}, "DEFAULT_LLM_PROVIDER must be one of"),
        ({"PROVIDER_PRIORITY": "openai,nobody"}, "PROVIDER_PRIORITY names 'nobody'"),
        ({"OPENAI_TIMEOUT": "soon"}, "OPENAI_TIMEOUT must be a number"),
        (
            {"OPENAI_API_KEY": "sk-tiếng"},
            "OPENAI_API_KEY is not a key: it has spaces, line breaks or special characters.",
        ),
        ({"TASK_MODEL": "auto"}, "TASK_MODEL must name one model, such as openai/gpt-6-luna, not 'auto'"),
        ({"TASK_MODEL": "gpt-6-luna or so"}, "TASK_MODEL must name one model"),
        ({"SIGNUP_POLICY": "nobody"}, "SIGNUP_POLICY must be one of domains, invitation, open, sso"),
        ({"SIGNUP_POLICY": "domains"}, "SIGNUP_DOMAINS must name the domains that may sign up"),
        (
            {"SIGNUP_DOMAINS": "example.org, @example.com"},
            "SIGNUP_DOMAINS must be a list of domains such as example.org",
        ),
        ({"SIGNUP_DOMAINS": "example"}, "'example'"),
        ({"SIGNUP_DOMAINS": "*.*.example.org"}, "SIGNUP_DOMAINS must be a list of domains"),
        ({"MFA_REQUIRED_ROLES": "user,boss"}, "MFA_REQUIRED_ROLES names 'boss', which is none of user, moderator"),
        ({"ADMIN_EMAIL": "me"}, "ADMIN_EMAIL must be an e-mail address"),
        ({"EMAIL_URL": "mail.example"}, "EMAIL_URL must look like smtp://"),
    ],
)
def test_a_bad_value_is_said_in_one_line(tmp_path: Path, given: dict[str, str], said: str) -> None:
    refused = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=given | {"APP_VAR_DIR": str(tmp_path / "var"), "APP_DOTENV": "/dev/null"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert refused.returncode == 1
    assert refused.stderr.startswith("Convoscope can't start: ")
    assert said in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def settings_process(tmp_path: Path, given: dict[str, str], expression: str) -> subprocess.CompletedProcess[str]:
    """Print an expression over the settings' modules, in a process that has this environment and no other."""
    code = f"import json; from convoscope.settings import base, current, env; print({expression})"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=given | {"APP_VAR_DIR": str(tmp_path / "var")},
        capture_output=True,
        text=True,
        timeout=60,
    )
