"""The verdicts, in the order in which they are shown, and what each says of an example."""

VERDICT_MEANING = {
    "ok": "the label fits",
    "mistake": "a crowd would clearly say something else",
    "ambiguous": "no class is clearly first: people differ, or the model cannot tell",
    "unfamiliar": "unlike the rest, so the answer is a guess",
    "conflict": "copies carry different labels",
}
VERDICTS = tuple(VERDICT_MEANING)
