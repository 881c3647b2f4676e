"""The site's policy, as an administrator makes it."""

from __future__ import annotations

from chat.models import GuardPolicy, GuardRule


def set_policy(*, masks: bool = False, limits_links: bool = True, **output: str) -> None:
    """`output` is what is done about each category in an answer."""
    GuardPolicy.objects.all().delete()
    policy = GuardPolicy.objects.create(masks_for_provider=masks, limits_links=limits_links)
    for category, action in output.items():
        GuardRule.objects.create(policy=policy, place="output", category=category, action=action)
