"""Names that mean the same class."""

SYNONYMS = {
    "anger": "angry",
    "happiness": "happy",
    "sadness": "sad",
    "fearful": "fear",
    "afraid": "fear",
    "scared": "fear",
    "surprised": "surprise",
    "disgusted": "disgust",
    "neutrality": "neutral",
}


def meaning(name: str) -> str:
    """A name without case, signs between words, and synonyms."""
    name = " ".join(name.lower().replace("_", " ").replace("-", " ").split())
    return SYNONYMS.get(name, name)
