"""The channel layer in memory: it reaches a group, waits for nobody, and forgets what is old."""

from __future__ import annotations

from convoscope.memory_layer import CLEAN_S, MemoryLayer


async def test_a_message_reaches_every_channel_of_its_group_and_no_other() -> None:
    layer = MemoryLayer()
    for channel in ("one", "two"):
        await layer.group_add("group", channel)
    await layer.group_send("group", {"type": "seen"})
    await layer.group_send("nobody", {"type": "unseen"})
    assert [await layer.receive(channel) for channel in ("one", "two")] == [{"type": "seen"}] * 2
    assert layer.channels == {}


async def test_who_reads_nothing_keeps_nobody_waiting() -> None:
    layer = MemoryLayer(capacity=2)
    for channel in ("slow", "quick"):
        await layer.group_add("group", channel)
    for number in range(5):
        await layer.group_send("group", {"type": "event", "number": number})
        assert (await layer.receive("quick"))["number"] == number
    assert layer.channels["slow"].qsize() == 2


async def test_what_is_old_is_forgotten_at_the_next_look() -> None:
    layer = MemoryLayer(expiry=-1)
    await layer.group_add("group", "gone")
    await layer.group_send("group", {"type": "unread"})
    await layer.group_send("group", {"type": "unread"})
    assert layer.channels["gone"].qsize() == 2
    layer._cleaned_at_s -= CLEAN_S
    await layer.group_send("group", {"type": "unread"})
    assert layer.groups["group"] == {}
