"""Ratings from votes: known figures, and what holds for any votes."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from chat.models import PreferenceVote
from chat.reports.elo import FIRST_RATING, Preference, expected, rate

votes = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from("abcd"), st.sampled_from("abcd")).filter(
        lambda vote: vote[1] != vote[2]
    )
)


def test_one_vote_between_equals_moves_each_by_half_of_k() -> None:
    first, second = rate([Preference(uuid4(), "a", "b")])
    assert (first.model, first.rating, first.won_share) == ("a", 1016.0, 1.0)
    assert (second.model, second.rating, second.lost) == ("b", 984.0, 1)


def test_ten_of_eleven_are_won_at_400_points() -> None:
    assert expected(1400, 1000) == pytest.approx(10 / 11)


@given(votes)
def test_what_one_wins_another_loses(given_votes: list[tuple[int, str, str]]) -> None:
    found = rate(Preference(UUID(int=number), winner, loser) for number, winner, loser in given_votes)
    assert sum(one.rating for one in found) == pytest.approx(FIRST_RATING * len(found))
    assert sum(one.won for one in found) == sum(one.lost for one in found) == len(given_votes)


@given(st.permutations("bcd"))
def test_the_order_within_a_comparison_says_nothing(losers: list[str]) -> None:
    one = UUID(int=1)
    before = [Preference(UUID(int=0), "b", "c")]
    found = {each.model: each.rating for each in rate([*before, *(Preference(one, "a", loser) for loser in losers)])}
    again = {each.model: each.rating for each in rate([*before, *(Preference(one, "a", loser) for loser in "bcd")])}
    assert found == pytest.approx(again)


def test_the_reports_show_and_download_them(db: None) -> None:
    admin = User.objects.create_superuser(email="admin@example.org", password="a long enough password")
    PreferenceVote.objects.create(
        comparison_id=uuid4(), winner="openai/gpt-4.1", loser="anthropic/claude-sonnet-5", cast_at=timezone.now()
    )
    client = Client()
    client.force_login(admin)
    page = client.get(reverse("reports")).text
    assert ("Elo rating" in page, "1,016" in page) == (True, True)
    lines = b"".join(client.get(reverse("report_download", args=["preferences"])).streaming_content)  # type: ignore[attr-defined]  # a StreamingHttpResponse
    assert b"model,rating,won,lost,won_share\r\n" in lines
