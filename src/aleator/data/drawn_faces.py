"""The built-in data set: faces drawn from parameters, whose label distributions and mistakes are known.

A face is a head with brows, eyes and a mouth under a light. The expression is a point in a small space (brow height
and slant, eye opening, mouth curve, opening and width, wrinkled nose); who it is, its pose and its light are drawn
apart from it. What a crowd would answer is a formula of the expression alone, so that a weak or blended expression
is honestly ambiguous, and a strong one is not.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aleator.data.dataset import LabelledDataset, Votes
from aleator.data.readers.labels import EMOTIONS
from aleator.data.sources import ImageArray
from aleator.data.synthetic_noise import from_confusion

SIDE = 48
BATCH = 256

#                     brow  slant  eyes  curve  open  width  nose
PROTOTYPES = np.array(
    [
        [-0.90, -1.00, -0.35, -0.55, 0.15, -0.10, 0.35],  # angry: brows down and inwards
        [-0.55, -0.30, -0.75, -0.50, 0.25, -0.30, 1.00],  # disgust: nose wrinkled, eyes narrowed
        [0.65, 0.85, 0.80, -0.55, 0.45, 0.35, 0.00],  # fear: brows up and slanted, mouth drawn wide
        [0.15, 0.05, -0.30, 1.00, 0.50, 0.70, 0.00],  # happy
        [0.25, 1.00, -0.50, -0.90, 0.00, -0.10, 0.00],  # sad: inner brows up, mouth down
        [1.00, 0.10, 1.00, 0.05, 1.00, -0.55, 0.00],  # surprise: all open, mouth round
        [0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00],  # neutral
    ]
)
TEMPERATURE = 0.07
"""Of the crowd's answer: the smaller, the sharper."""
CLEAR_SHARE = 0.6
CLEARLY_WRONG_SHARE = 0.25
"""A label that less than this share of the crowd would give, while another leads, is a mistake."""

GIVEN_CONFUSION = {"fear": {"surprise": 0.25, "sad": 0.2}, "sad": {"neutral": 0.3}, "angry": {"disgust": 0.1},
                   "disgust": {"angry": 0.35}, "neutral": {"sad": 0.15}, "surprise": {"fear": 0.1}}  # fmt: skip
"""How a keyword search would err: in a direction, and for some classes far more than for others."""
ANNOTATORS: tuple[tuple[float, dict[str, str]], ...] = (
    (0.95, {}),
    (0.92, {}),
    (0.9, {}),
    (0.9, {"sad": "neutral"}),
    (0.88, {"fear": "surprise"}),
    (0.85, {}),
    (0.85, {"disgust": "angry"}),
    (0.6, {}),
)
"""Accuracy of each simulated annotator, and a class that he or she often takes for another."""


@dataclass(frozen=True)
class DrawnFaces:
    """The faces as a user would have them, and what is known about them beside."""

    dataset: LabelledDataset
    label_distribution: NDArray[np.float64]
    """What the crowd would answer, `(example, class)`; uniform where there is no face."""
    true_label: NDArray[np.int64]
    """The crowd's first choice, `(example,)`; -1 where there is no face."""
    is_mistake: NDArray[np.bool_]
    """The given label is one that few of the crowd would give."""
    is_ambiguous: NDArray[np.bool_]
    """No class has more than 60 % of the crowd."""
    is_face: NDArray[np.bool_]
    annotator_confusion: NDArray[np.float64]
    """What each annotator answers where the crowd's answer is known, `(annotator, crowd's answer, answer)`."""
    annotations: NDArray[np.int64]
    """One row per answer: example, annotator, label."""


def drawn_faces(n: int = 3000, *, seed: int = 0, noise_rate: float = 0.2) -> DrawnFaces:
    """Draw `n` pictures of 48x48 grey pixels; about `noise_rate` of their given labels are not the crowd's choice.

    One in fifty is a copy of another, exact or brighter, and some copies carry another label; one in two hundred is
    no face at all. The same seed draws the same faces.
    """
    random = np.random.default_rng(seed)
    expression = _expressions(n, random)
    distribution = crowd_answer(expression)
    pictures = render(expression, random)

    is_face = np.ones(n, dtype=bool)
    odd = random.permutation(n)[: max(2, n // 200)]
    is_face[odd] = False
    for row in odd:
        pictures[row] = _no_face(random)
    distribution[odd] = 1 / len(EMOTIONS)
    _copy_some(pictures, distribution, np.flatnonzero(is_face), random)

    true_label = np.where(is_face, distribution.argmax(axis=1), -1)
    crowd_choice = np.where(is_face, true_label, random.integers(len(EMOTIONS), size=n))
    given = from_confusion(crowd_choice, given_confusion(noise_rate, crowd_choice), random)
    confusion = np.stack([_annotator(accuracy, habits) for accuracy, habits in ANNOTATORS])
    annotations = _annotate(distribution, confusion, random)
    counts = np.zeros(distribution.shape, dtype=np.float32)
    np.add.at(counts, (annotations[:, 0], annotations[:, 2]), 1)
    rows = np.arange(n)
    return DrawnFaces(
        dataset=LabelledDataset(
            name="drawn faces",
            path=f"drawn_faces({n}, seed={seed})",
            ids=np.array([f"face-{row:05d}" for row in rows]),
            source=ImageArray(pictures),
            given_labels=given,
            class_names=EMOTIONS,
            votes=Votes(counts, EMOTIONS, np.arange(len(EMOTIONS)), np.zeros(len(EMOTIONS), dtype=bool)),
        ),
        label_distribution=distribution,
        true_label=true_label,
        is_mistake=is_face & (given != true_label) & (distribution[rows, given] < CLEARLY_WRONG_SHARE),
        is_ambiguous=is_face & (distribution.max(axis=1) < CLEAR_SHARE),
        is_face=is_face,
        annotator_confusion=confusion,
        annotations=annotations,
    )


def crowd_answer(expression: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a crowd answers to an expression: softmax of minus the squared distance to each prototype over
    TEMPERATURE, distances per parameter. `(example, parameter)` in, `(example, class)` out."""
    squared = ((expression[:, None] - PROTOTYPES) ** 2).mean(axis=2)
    scores = np.exp(-(squared - squared.min(axis=1, keepdims=True)) / TEMPERATURE)
    return np.asarray(scores / scores.sum(axis=1, keepdims=True))


def given_confusion(noise_rate: float, crowd_choice: NDArray[np.int64]) -> NDArray[np.float64]:
    """How the given labels err, `(crowd's choice, given)`, scaled to an overall rate on these choices."""
    classes = len(EMOTIONS)
    wrong = np.full((classes, classes), 0.04 / (classes - 1))
    for true, given in GIVEN_CONFUSION.items():
        for label, rate in given.items():
            wrong[EMOTIONS.index(true), EMOTIONS.index(label)] += rate
    np.fill_diagonal(wrong, 0)
    share = np.bincount(crowd_choice, minlength=classes) / len(crowd_choice)
    wrong *= noise_rate / float(share @ wrong.sum(axis=1))
    wrong /= np.maximum(wrong.sum(axis=1, keepdims=True) / 0.9, 1)
    np.fill_diagonal(wrong, 1 - wrong.sum(axis=1))
    return wrong


def render(expression: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.uint8]:
    """Pictures of these expressions on random people in random pose and light, `(example, 48, 48)`."""
    parts = [expression[start : start + BATCH] for start in range(0, len(expression), BATCH)]
    return np.concatenate([_render(part, random) for part in parts])


def _expressions(n: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Most are one emotion, more or less strongly; one in five is a blend of two."""
    main = random.choice(len(EMOTIONS), n, p=[0.14, 0.06, 0.13, 0.23, 0.16, 0.12, 0.16])
    other = random.integers(len(EMOTIONS), size=n)
    blend = np.where(random.random(n) < 0.2, random.uniform(0.3, 0.5, n), 0.0)[:, None]
    strength = random.beta(5, 1.3, n)[:, None]
    pure = (1 - blend) * PROTOTYPES[main] + blend * PROTOTYPES[other]
    return np.asarray(strength * pure + random.normal(0, 0.07, (n, PROTOTYPES.shape[1])))


def _render(  # one drawing from back to front, longer than a function is otherwise
    expression: NDArray[np.float64], random: np.random.Generator
) -> NDArray[np.uint8]:
    count = len(expression)
    brow, slant, eyes, curve, opening, mouth_width, nose = (column[:, None, None] for column in expression.T)

    def uniform(low: float, high: float) -> NDArray[np.float64]:
        return random.uniform(low, high, (count, 1, 1))

    # The face's own coordinates: x to its left, y down, the head's half width about 1.
    y, x = np.mgrid[0:SIDE, 0:SIDE] / (SIDE / 2) - 1 + 1 / SIDE
    angle, size = uniform(-0.18, 0.18), uniform(1.08, 1.28)
    x, y = (x - uniform(-0.1, 0.1)) * size, (y - uniform(-0.1, 0.1)) * size
    x, y = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    turn = uniform(-0.12, 0.12)

    skin, background, hair = uniform(120, 215), uniform(20, 235), uniform(15, 110)
    head_width, head_height, jaw = uniform(0.72, 0.88), uniform(0.98, 1.1), uniform(-0.12, 0.18)
    head = np.hypot(x / (head_width * (1 - jaw * y)), (y - 0.05) / head_height) - 1
    light = 1 + uniform(-0.28, 0.28) * x + uniform(-0.22, 0.16) * y - 0.22 * np.clip(head + 1, 0, 1) ** 3

    canvas = np.broadcast_to(background, head.shape) * (1 + 0.15 * y)
    canvas = _paint(canvas, np.hypot(x / (head_width + uniform(0.04, 0.2)), (y + 0.12) / 1.12) - 1, hair)
    canvas = _paint(canvas, head, skin * light)
    fringe = uniform(-0.75, -0.55)
    canvas = _paint(canvas, np.maximum(head, y - fringe - 0.12 * np.sin(5 * x + uniform(0, 6))), hair)

    x = x - turn
    for side in (-1, 1):
        across = side * x  # grows from the nose outwards, on both sides
        eye_x, eye_y = across - 0.34, y + 0.12
        open_by = np.clip(0.105 + 0.075 * eyes, 0.018, 0.2)
        eye = np.hypot(eye_x / 0.17, eye_y / open_by) - 1
        canvas = _paint(canvas, eye, np.minimum(skin * 1.15 + 35, 250), softness=0.16)
        iris = np.maximum(np.hypot(eye_x - side * uniform(-0.02, 0.02), eye_y) / 0.085 - 1, eye)
        canvas = _paint(canvas, iris, hair * 0.35 + 8, softness=0.22)
        lid = np.abs(eye_y + open_by * np.sqrt(np.clip(1 - (eye_x / 0.18) ** 2, 0, 1))) / 0.028 - 1
        canvas = _paint(canvas, np.maximum(lid, np.abs(eye_x) / 0.18 - 1), skin * 0.42, softness=0.5)
        brow_y = y + 0.36 + 0.1 * brow + 0.13 * slant * (0.34 - across) / 0.2 * 0.75 - 0.25 * eye_x**2
        brow_shape = np.maximum(np.abs(brow_y) / 0.042 - 1, np.abs(eye_x) / 0.22 - 1)
        canvas = _paint(canvas, brow_shape, hair * 0.7, softness=0.5)
        wrinkle = np.abs(y - 0.16 + 0.55 * (across - 0.14)) / 0.022 - 1
        shade = 1 - 0.4 * np.clip(nose, 0, 1.2)
        canvas = _paint(
            canvas, np.maximum(wrinkle, np.abs(across - 0.15) / 0.09 - 1), skin * light * shade, softness=0.6
        )
        cheek = np.abs(np.hypot(across - 0.3, y - 0.38) - 0.2) / 0.02 - 1
        smile = 1 - 0.3 * np.clip(curve, 0, 1.2)
        canvas = _paint(canvas, np.maximum(cheek, 0.42 - across), skin * light * smile, softness=0.8)

    tip = np.abs(np.hypot(x / 0.11, (y - 0.2 + 0.05 * np.clip(nose, 0, 1)) / 0.05) - 0.8) / 0.3 - 1
    canvas = _paint(canvas, np.maximum(tip, 0.2 - y), skin * light * 0.62, softness=0.6)

    half = np.clip(0.29 + 0.11 * mouth_width, 0.1, 0.5)
    along = np.clip(x / half, -1, 1)
    middle = 0.56 - 0.16 * curve * (along**2 - 0.4)
    gap = np.clip(0.2 * opening, 0, 0.26) * np.sqrt(np.clip(1 - along**2, 0, 1))
    lips = np.maximum(np.abs(y - middle) - gap - 0.034, (np.abs(x) - half) * 0.8) / 0.05
    canvas = _paint(canvas, lips, skin * 0.52, softness=0.6)
    inside = np.maximum(np.abs(y - middle) - gap + 0.01, np.abs(x) - half * 0.92) / 0.05
    teeth = np.where((y < middle + 0.02) & (curve > 0.3), 235.0, 28.0)
    canvas = _paint(canvas, np.where(gap > 0.03, inside, 1.0), teeth, softness=0.5)

    glasses = np.abs(np.hypot((np.abs(x) - 0.34) / 0.25, (y + 0.12) / 0.2) - 1) / 0.11 - 1
    canvas = _paint(canvas, np.where(uniform(0, 1) < 0.15, glasses, 1.0), hair * 0.5, softness=0.5)
    beard = np.maximum(head, 0.36 - y + 0.1 * np.cos(4 * x))
    bearded = canvas + (0.45 * hair + 0.55 * canvas - canvas) * (beard < -0.03) * (uniform(0, 1) < 0.15)
    noisy = bearded + random.normal(0, 1, bearded.shape) * uniform(1.5, 9)
    return np.asarray(np.clip(noisy, 0, 255), dtype=np.uint8)


def _paint(
    canvas: NDArray[np.float64],
    shape: NDArray[np.float64],
    tone: NDArray[np.float64],
    softness: float = 0.06,
) -> NDArray[np.float64]:
    """Lay a tone over the canvas where `shape` is negative, with an edge that is `softness` wide."""
    cover = np.clip(0.5 - shape / (2 * softness), 0, 1)
    return canvas + (tone - canvas) * cover


def _no_face(random: np.random.Generator) -> NDArray[np.uint8]:
    """A blank, noise, or stripes."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    kind = random.integers(3)
    if kind == 0:
        picture = np.full((SIDE, SIDE), random.uniform(0, 255)) + random.normal(0, 1, (SIDE, SIDE))
    elif kind == 1:
        picture = random.uniform(0, 255, (SIDE, SIDE))
    else:
        turn = random.uniform(0, np.pi)
        picture = 128 + 100 * np.sin((x * np.cos(turn) + y * np.sin(turn)) * random.uniform(0.2, 1.0))
    return np.asarray(np.clip(picture, 0, 255), dtype=np.uint8)


def _copy_some(
    pictures: NDArray[np.uint8],
    distribution: NDArray[np.float64],
    faces: NDArray[np.int64],
    random: np.random.Generator,
) -> None:
    """Replace one face in fifty by a copy of another, every other copy a little brighter."""
    pairs = random.permutation(faces)[: 2 * max(2, len(faces) // 50)].reshape(-1, 2)
    for number, (original, copy) in enumerate(pairs):
        brighter = 12 if number % 2 else 0
        pictures[copy] = np.minimum(pictures[original].astype(np.int64) + brighter, 255)
        distribution[copy] = distribution[original]


def _annotator(accuracy: float, habits: dict[str, str]) -> NDArray[np.float64]:
    classes = len(EMOTIONS)
    confusion = np.full((classes, classes), (1 - accuracy) / (classes - 1))
    np.fill_diagonal(confusion, accuracy)
    for true, answer in habits.items():
        row = np.full(classes, 0.1 / (classes - 2))
        row[EMOTIONS.index(true)], row[EMOTIONS.index(answer)] = 0.5, 0.4
        confusion[EMOTIONS.index(true)] = row
    return confusion


def _annotate(
    distribution: NDArray[np.float64], confusion: NDArray[np.float64], random: np.random.Generator
) -> NDArray[np.int64]:
    """Each annotator sees what one of the crowd would see, and answers through the own confusion."""
    rows = []
    for annotator, own in enumerate(confusion):
        answer_shares = (distribution @ own).cumsum(axis=1)
        answers = (random.random(len(distribution))[:, None] > answer_shares[:, :-1]).sum(axis=1)
        rows.append(np.stack([np.arange(len(answers)), np.full(len(answers), annotator), answers], axis=1))
    return np.concatenate(rows)
