"""The page of reports and its downloads: what they show, to whom, and that nothing in them is taken for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import unescape
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.http import StreamingHttpResponse
from django.test import Client

from accounts.actions.people import give_role
from accounts.models import Role, Team, User
from chat.models import Message
from chat.reports.page import compact
from chat.reports.tables import guarded
from providers.actions.roll_up import roll_up_usage
from providers.models import Worth
from tests.support.ledger import line, write
from tests.support.turns import make_turn

ClientOf = Callable[[User], Client]
TODAY = datetime.now(UTC).date()
DOLLAR = 10**9
ADDRESSES = ["/reports/", "/reports/model.csv", "/reports/model-day.csv", "/reports/routing.csv"]


@pytest.fixture
def client(admin: User, client_of: ClientOf) -> Client:
    return client_of(admin)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def rows_of(client: Client, address: str) -> list[dict[str, str]]:
    response = client.get(address)
    assert isinstance(response, StreamingHttpResponse)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in response["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(response.getvalue().decode("utf-8-sig"))))


# The page


def test_a_period_is_summed_up(client: Client, alice: User) -> None:
    write(
        line(ago(2), user=alice, cost_nanousd=2 * DOLLAR),
        line(ago(1), user=alice, cost_nanousd=DOLLAR, model="gpt-5.6-mini", feature="title"),
        line(ago(1), source="cache", cost_nanousd=0, saved_nanousd=DOLLAR // 2),
        line(ago(40), cost_nanousd=100 * DOLLAR),
    )
    html = client.get("/reports/?range=7").text
    assert "<dd>$3.00</dd>" in html
    assert "<dt>From the cache</dt><dd>$0.50</dd>" in html
    assert "openai/gpt-5.6-mini" in html
    assert html.count("<figure") == 2
    assert "<dd>$103.00</dd>" in client.get("/reports/?range=90").text


@pytest.mark.parametrize("by", ["model", "user", "team", "feature", "day"])
def test_each_breakdown_is_there_with_its_download(client: Client, alice: User, by: str) -> None:
    team = Team.objects.create(name="Night shift")
    write(line(ago(1), user=alice, team=team, cost_nanousd=DOLLAR), line(ago(1)))
    names = {
        "model": "openai/gpt-5.6",
        "user": "alice@example.org",
        "team": "Night shift",
        "feature": "Answers",
        "day": f"{ago(1):%Y}",
    }
    html = client.get(f"/reports/?range=7&by={by}").text
    assert names[by] in html
    assert f'href="/reports/{by}.csv?range=7"' in html
    rows = rows_of(client, f"/reports/{by}.csv?range=7")
    assert sum(Decimal(row["cost_usd"]) for row in rows) == Decimal("1.001")
    assert sum(int(row["answered" if by == "model" else "requests"]) for row in rows) == 2


def test_totals_are_the_same_rolled_up_or_not(client: Client) -> None:
    write(*(line(ago(number), cost_nanousd=10**9 + number, model=f"m{number % 3}") for number in range(1, 20)))
    before = [rows_of(client, f"/reports/{name}.csv?range=90") for name in ("model", "day", "model-day")]
    roll_up_usage(now=datetime.now(UTC))
    assert [rows_of(client, f"/reports/{name}.csv?range=90") for name in ("model", "day", "model-day")] == before


def test_an_unknown_price_is_said_and_never_zero(client: Client) -> None:
    write(line(ago(1), model="new", cost_nanousd=None), line(ago(1), model="old", cost_nanousd=DOLLAR))
    html = client.get("/reports/?range=7").text
    assert "<dd>at least $1.00</dd>" in html
    assert '<td class="figure">unknown</td>' in html
    assert "The price of 1 call isn't known" in unescape(html)
    rows = {row["model"]: row for row in rows_of(client, "/reports/model.csv?range=7")}
    assert (rows["openai/new"]["cost_usd"], rows["openai/new"]["unpriced_calls"]) == ("", "1")
    assert rows["openai/old"]["cost_usd"] == "1"


def test_a_cost_per_day_that_is_partly_known_says_so(client: Client) -> None:
    write(
        line(ago(2), model="half", cost_nanousd=DOLLAR),
        line(ago(2), model="half", cost_nanousd=None),
        line(ago(1), model="half", cost_nanousd=None),
        line(ago(1), model="new", cost_nanousd=None),
    )
    html = client.get("/reports/?range=7").text
    figure = html[html.index("<figure") : html.index("</figure>")]
    assert "at least $1.00 in all" in figure
    assert '<span class="name">openai/half</span> <span class="figure">at least $1.00</span>' in figure
    assert '<span class="name">openai/new</span> <span class="figure">unknown</span>' in figure
    half, new = '<td class="figure">at least $1.00</td>', '<td class="figure">unknown</td>'
    nothing = '<td class="figure">$0.00</td>'
    assert f'<th scope="row">{ago(2)}</th>{half}{nothing}' in figure
    assert f'<th scope="row">{ago(1)}</th>{new}{new}' in figure
    assert f'<th scope="row">All</th>{half}{new}' in figure
    rows = rows_of(client, "/reports/model-day.csv?range=7")
    found = {(row["day"], row["model"]): (row["cost_usd"], row["unpriced_calls"]) for row in rows}
    assert found[str(ago(2)), "openai/half"] == ("1", "1")
    assert found[str(ago(1)), "openai/new"] == ("", "1")


def test_a_download_is_the_same_in_every_language_and_read_as_utf_8(client: Client) -> None:
    write(line(ago(1), team=Team.objects.create(name="Đội ngũ"), cost_nanousd=None))
    response = client.get("/reports/team.csv?range=7")
    assert isinstance(response, StreamingHttpResponse)
    content = response.getvalue()
    assert content.startswith(b"\xef\xbb\xbfteam,")
    assert "Đội ngũ" in content.decode()
    assert "unknown" not in content.decode()


def test_an_empty_installation_has_an_empty_page(client: Client) -> None:
    html = client.get("/reports/").text
    assert "Nothing was asked of a model in these days." in html
    assert "<figure" not in html
    assert "after three whole days" in html
    assert rows_of(client, "/reports/model.csv") == []


def test_the_month_is_forecast(client: Client) -> None:
    write(*(line(ago(number), cost_nanousd=DOLLAR) for number in range(40)))
    html = client.get("/reports/").text
    assert "Expected by its end" in html
    assert "Expected from the last 28 whole days" in html


def test_what_people_think_stands_beside_the_cost(client: Client, alice: User) -> None:
    write(line(TODAY, model="gpt-5.6"), line(TODAY, model="other"))
    html = client.get("/reports/?range=7").text
    assert ">Good</th>" not in html
    for feedback in ("good", "good", "bad"):
        rate(make_turn(alice).answer, feedback)
    html = client.get("/reports/?range=7").text
    assert html.count(">Good</th>") == 2
    rows = {row["model"]: row for row in rows_of(client, "/reports/model.csv?range=7")}
    assert (rows["openai/gpt-5.6"]["good"], rows["openai/gpt-5.6"]["bad"]) == ("2", "1")
    assert (rows["openai/other"]["good"], rows["openai/other"]["good_share"]) == ("0", "")
    [row] = [row for row in rows_of(client, "/reports/routing.csv?range=7") if row["model"] == "openai/gpt-5.6"]
    assert row["good"] == "2"


def test_votes_have_a_row_and_their_columns_stay(client: Client, alice: User) -> None:
    write(line(TODAY, model="other"))
    columns = [list(rows_of(client, f"/reports/{name}.csv?range=7")[0]) for name in ("model", "routing")]
    rate(make_turn(alice).answer, "bad")
    assert columns == [list(rows_of(client, f"/reports/{name}.csv?range=7")[0]) for name in ("model", "routing")]
    rows = {row["model"]: row for row in rows_of(client, "/reports/model.csv?range=7")}
    assert (rows["openai/gpt-5.6"]["calls"], rows["openai/gpt-5.6"]["bad"]) == ("0", "1")
    assert rows["openai/other"]["bad"] == "0"
    assert '<th scope="row">openai/gpt-5.6</th>' in client.get("/reports/?range=7").text


def test_an_answer_is_that_of_the_model_that_gave_it(client: Client) -> None:
    request_id = uuid4()
    write(
        line(TODAY, request_id=request_id, outcome="failed", cost_nanousd=0),
        line(TODAY, request_id=request_id, call_number=2, endpoint="anthropic", model="claude", cost_nanousd=DOLLAR),
        line(TODAY, endpoint="anthropic", model="claude", cost_nanousd=DOLLAR),
        line(TODAY, kind="embedding", feature="embedding", model="embedder"),
    )
    for name, column in (("model", "answered"), ("routing", "answers")):
        rows = {row["model"]: row for row in rows_of(client, f"/reports/{name}.csv?range=7")}
        assert (rows["openai/gpt-5.6"][column], rows["anthropic/claude"][column]) == ("0", "2")
    rows = {row["model"]: row for row in rows_of(client, "/reports/model.csv?range=7")}
    assert (rows["anthropic/claude"]["cost_per_answer_usd"], rows["openai/gpt-5.6"]["cost_per_answer_usd"]) == ("1", "")
    assert rows["openai/embedder"]["answered"] == "0"
    [row] = rows_of(client, "/reports/feature.csv?range=7")[:1]
    assert (row["requests"], row["cost_per_request_usd"]) == ("2", "1")


def rate(message: Message, feedback: str) -> None:
    message.provider, message.model, message.feedback = "openai", "gpt-5.6", feedback
    message.status = Message.Status.COMPLETE
    message.save()


def test_only_the_first_rows_are_on_the_page(client: Client) -> None:
    write(*(line(ago(1), model=f"model-{number:03}") for number in range(60)))
    html = client.get("/reports/?range=7").text
    assert "The first 50 of 60; the download has all." in html
    assert len(rows_of(client, "/reports/model.csv?range=7")) == 60


# Ranges


@pytest.mark.parametrize(
    ("query", "calls"),
    [
        ("range=7", 7),
        ("range=30", 30),
        ("range=90", 90),
        ("range=month", TODAY.day),
        ("", TODAY.day),
        ("range=nonsense", TODAY.day),
        (f"from={ago(9)}&to={ago(5)}", 5),
        (f"from={ago(9)}&to={ago(9)}", 1),
        (f"from={ago(1)}&to=2999-12-31", 2),
    ],
)
def test_a_range_holds_its_days(client: Client, query: str, calls: int) -> None:
    write(*(line(ago(number)) for number in range(120)))
    assert sum(int(row["calls"]) for row in rows_of(client, f"/reports/model.csv?{query}")) == calls


def test_last_month_is_whole(client: Client) -> None:
    last = TODAY.replace(day=1) - timedelta(days=1)
    write(line(last, hour=23), line(last.replace(day=1), hour=0), line(TODAY.replace(day=1), hour=0))
    days = rows_of(client, "/reports/day.csv?range=last-month")
    assert (len(days), sum(int(row["calls"]) for row in days)) == (last.day, 2)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=2026-02-30&to=2026-03-01", "Enter a day such as"),
        ("from=2026-03-02&to=2026-03-01", "This day comes before the first one."),
        ("from=2026-03-02", "Enter both days."),
        ("to=2026-03-02", "Enter both days."),
        ("from=2999-01-01&to=2999-02-01", "These days are still to come."),
        ("from=0001-01-01&to=2026-01-01", "Choose ten years at most."),
        ("from=%00&to=%ff", "Enter a day such as"),
    ],
)
def test_days_that_cannot_be_are_refused_beside_their_field(client: Client, query: str, said: str) -> None:
    refused = client.get(f"/reports/?{query}")
    assert refused.status_code == 422
    assert said in refused.text
    assert client.get(f"/reports/model.csv?{query}").status_code == 404


# Downloads


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@sum", "\tx", "plain", "a=b"])
def test_no_cell_is_a_formula(client: Client, name: str) -> None:
    write(line(ago(1), team=Team.objects.create(name=name)))
    [row] = rows_of(client, "/reports/team.csv?range=7")
    assert row["team"] == (name if name in ("plain", "a=b") else f"'{name}")
    assert guarded(row["team"]) == row["team"]


def test_awkward_names_stay_one_cell(client: Client) -> None:
    name = 'A "quoted", long\nname ' + "x" * 60
    write(line(ago(1), team=Team.objects.create(name=name)))
    [row] = rows_of(client, "/reports/team.csv?range=7")
    assert row["team"] == name


@pytest.mark.parametrize("name", ["nothing", "Model", "model-"])
def test_a_table_that_does_not_exist_is_not_there(client: Client, name: str) -> None:
    assert client.get(f"/reports/{name}.csv").status_code == 404


# Worth


# Who


@pytest.mark.parametrize("address", ADDRESSES)
def test_analysts_see_reports_and_set_nothing(charlie: User, client_of: ClientOf, address: str) -> None:
    give_role(user=charlie, role=Role.ANALYST)
    analyst = client_of(charlie)
    write(line(TODAY))
    response = analyst.get(address)
    assert response.status_code == 200
    if address == "/reports/":
        assert 'href="/reports/"' in response.text
        assert "/reports/worth/" not in response.text
    assert analyst.post("/reports/worth/", {"value": "1"}).status_code == 404


@pytest.mark.parametrize("role", [None, Role.USER, Role.MODERATOR])
def test_there_is_nothing_here_for_others(charlie: User, client_of: ClientOf, role: Role | None) -> None:
    if role is not None:
        Group.objects.get(name=role).user_set.add(charlie)
    client = client_of(charlie)
    assert [client.get(address).status_code for address in ADDRESSES] == [404] * len(ADDRESSES)
    assert client.post("/reports/worth/", {"value": "1"}).status_code == 404
    assert 'href="/reports/"' not in client.get("/").text
    assert not Worth.objects.exists()


@pytest.mark.django_db
def test_a_visitor_is_asked_to_sign_in() -> None:
    visitor = Client()
    for address in ADDRESSES:
        assert visitor.get(address).headers["Location"].startswith("/accounts/login/")
    assert visitor.post("/reports/worth/", {"value": "1"}).headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0"),
        (950, "950"),
        (999, "999"),
        (1000, "1k"),
        (1234, "1.23k"),
        (999_499, "999k"),
        (999_500, "1M"),
        (45_600_000, "45.6M"),
        (10**10, "10B"),
    ],
)
def test_large_numbers_are_short_in_charts(number: int, shown: str) -> None:
    assert compact(number) == shown
