"""What an audit would compute, in words, before it does."""

from aleator.auditing.settings import AuditSettings
from aleator.data.overview import Overview
from aleator.learning.effort import AUDIT_EFFORTS

PASSES_A_MINUTE, SIDE = 120_000, 48
"""How many pictures of so many pixels a side networks see on two idle cores that are quick in bfloat16 (FER2013 and
the demo); half as many on others."""


def plan_of(overview: Overview, settings: AuditSettings) -> str:
    """A sentence on the networks or learners, and for networks of pictures about how long they take."""
    labelled = overview.examples - overview.without_label
    if settings.finetune:
        members = settings.member_count
        passed = labelled * (members - 1) * settings.training(labelled, overview.kind).epochs
        return (
            f"Would train {settings.made_of} on, from its pretrained weights, {members} times on all but a share of "
            f"{labelled:,} examples: {passed:,} pictures in all. A processor takes a tenth of a second to a second for "
            "each at 224 pixels, a GPU far less. The audit says how long before it trains."
        )
    if not settings.by_networks(overview.kind):
        made = settings.backbone or settings.features
        source, once = (f" by {settings.made_of}", " once the features are there") if made else ("", "")
        return (
            f"Would let several simple learners predict the labels of {labelled:,} examples{source}, in seconds to a "
            f"few minutes{once}."
        )
    members = settings.member_count
    training = settings.training(labelled * (members - 1) // members, overview.kind)
    passes = labelled * (members - 1) * training.epochs
    said = (
        f"Would train {members} networks, each {training.epochs} times over all but its share of {labelled:,} examples"
    )
    if overview.kind != "images":
        return f"{said}: seconds to a few minutes."
    sides = [max(row.size) for row in overview.rows if row.size is not None]
    side = min([settings.max_side, *sides])
    minutes = round(passes / PASSES_A_MINUTE * (side / SIDE) ** 2)
    about = f"{minutes:,} minutes" if minutes > 1 else "a minute"
    patches = (
        " Simple learners predict them by small patches too." if settings.by_patches(overview.kind, labelled) else ""
    )
    return (
        f"{said} ({AUDIT_EFFORTS[settings.effort].backbone}, at {side} pixels a side): about {about} on two idle "
        f"cores, twice that on processors without bfloat16.{patches}"
    )
