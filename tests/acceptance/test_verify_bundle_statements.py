"""A statement of how streams end is about no later day; the seals of a bundle are of one log."""

from dataclasses import replace
from pathlib import Path

from ledger.evidence.bundle_parts import HeadsPart
from tests.bundle_builder import RECIPIENT, a_bundle, a_story, refusal
from tests.bundle_world import World


def test_a_statement_about_a_day_that_had_not_come(tmp_path: Path) -> None:
    story = a_story()
    heads = story.world.state_heads(day="2026-11-21")
    story.world.seal()
    entries = [story.world.shown_head(index) for index in range(len(story.world.map))]
    told = HeadsPart(event=story.world.part(heads), entries=entries)

    assert refusal(tmp_path, a_bundle(story, heads=told)) == "HEADS_MALFORMED"


def test_a_seal_that_is_not_the_one_which_the_next_went_on_from(tmp_path: Path) -> None:
    """Both are signed and stamped, each is sound alone: two logs under one name."""
    story, other = a_story(), World()
    first, grant, third = (event.body for event in story.world.events[:3])
    other.record(first)
    other.record(grant, {"recipient": RECIPIENT, "note": "ığüşöç"})
    other.record(third)  # without the group: another event
    forked = other.seal()
    whole = a_bundle(story)
    shown = [one if one.index > 2 else other.part(one.index) for one in whole.events]
    seals = [forked, *story.world.seals[1:]]

    assert [one.state for one in shown] == [one.state for one in whole.events]
    assert forked.checkpoint != story.world.seals[0].checkpoint
    assert refusal(tmp_path, replace(whole, events=shown, seals=seals)) == "LOG_REWRITTEN"
