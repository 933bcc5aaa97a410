"""What an audit is asked to do, and what follows from it for a data set of a given size."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from aleator.embedding.backbone import is_pretrained
from aleator.embedding.options import PRETRAINED, FinetuneOptions
from aleator.errors import AleatorError
from aleator.learning.effort import AUDIT_EFFORTS, FEW, EffortName, LearnerName, finetuning, schedule
from aleator.learning.settings import Augmentation, TrainingSettings
from aleator.models.posteriors import DEFAULT, POSTERIORS

if TYPE_CHECKING:
    PosteriorName = str
else:
    PosteriorName = Literal[tuple(POSTERIORS)]

OBJECTIVES = {"images": "cross_entropy", "features": "early_learning"}
"""By the kind of data. Networks that judge pictures which they have not seen need not resist their labels, and where
they do, classes are lost: of drawn faces they say .97 right after cross-entropy and .75 after early learning, of
photographs .71 and .64 (FER2013: .70 and .71). A perceptron on vectors learns noise by heart otherwise: of digits with
30 % symmetric noise .93 after early learning and .73 after cross-entropy."""
FIRST_SIDE = 0.67
"""Of their sides that pictures have at first."""

MOST_FOR_PATCHES = 20_000
"""Pictures; of more, networks learn all that patches tell."""


@dataclass(frozen=True)
class AuditSettings(FinetuneOptions):
    """The settings of one audit; they are written into `audit.json`. The fields' texts are the command line's help."""

    effort: EffortName = "standard"
    """How much is computed."""
    seed: int = 0
    """The same seed on the same machine gives the same audit."""
    device: str = "auto"
    """auto, cpu, cuda, ..."""
    members: int | None = None
    """How many networks are trained, each on all but its share of the examples; without it, as many as the effort
    says."""
    posterior: PosteriorName = DEFAULT
    """How the model's own doubt is found."""
    use_votes: bool = False
    """Take the votes as evidence; otherwise they only score the audit."""
    flip: bool = True
    """A mirrored picture keeps its class; --no-flip for letters and digits."""
    features: Path | None = None
    """A file of features of the examples (.npy, .npz, .parquet), in the place of a network that makes them."""
    learner: LearnerName = "auto"
    """Who predicts the labels: auto takes networks from scratch for pictures, and for vectors, texts and tables
    several simple learners, pooled by how well they predict labels that they have not seen; networks takes networks
    for vectors too."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.effort not in AUDIT_EFFORTS:
            raise AleatorError(f"effort is one of {', '.join(AUDIT_EFFORTS)}, not {self.effort!r}.")
        if self.posterior not in POSTERIORS:
            raise AleatorError(f"posterior is one of {', '.join(POSTERIORS)}, not {self.posterior!r}.")
        if self.members is not None and not 2 <= self.members <= 100:
            raise AleatorError(
                f"members is a number from 2 to 100, not {self.members}: each label is judged by a network that has "
                "not seen it, and what the data leaves open is told from what the model does not know by how they "
                "disagree."
            )
        if self.features is not None and self.backbone is not None:
            raise AleatorError("features and backbone are two ways to the same: name one of them.")
        if self.backbone is not None and not is_pretrained(self.backbone):
            raise AleatorError(f"{self.backbone!r} names no pretrained network; wanted is {PRETRAINED}.")
        if self.finetune and self.posterior != DEFAULT:
            raise AleatorError("finetune trains an ensemble of whole networks: leave posterior out.")
        if not 0 <= self.seed < 2**63:
            raise AleatorError(f"seed is a whole number from 0 up, not {self.seed}.")

    @property
    def member_count(self) -> int:
        return self.members or AUDIT_EFFORTS[self.effort].members

    @property
    def max_side(self) -> int:
        """Pictures are worked on with at most this many pixels a side."""
        return AUDIT_EFFORTS[self.effort].max_side

    def by_networks(self, kind: str) -> bool:
        """Whether networks are trained on examples of this kind, rather than simple learners heard."""
        if kind == "images":
            return self.finetune or (self.backbone is None and self.features is None)
        return kind == "features" and (self.learner == "networks" or self.posterior != DEFAULT)

    def by_patches(self, kind: str, examples: int) -> bool:
        """Whether simple learners of small patches are heard beside networks."""
        return kind == "images" and not self.finetune and examples <= MOST_FOR_PATCHES

    @property
    def made_of(self) -> str:
        """Where features come from, for people."""
        return self.backbone or f"the features in {self.features}"

    def training(self, examples: int, kind: str = "images") -> TrainingSettings:
        """How to train on this many labelled examples of a kind."""
        effort = AUDIT_EFFORTS[self.effort]
        if self.finetune:
            return finetuning(examples, self.effort, objective=OBJECTIVES[kind], flip=self.flip)
        if kind == "images":
            plan = schedule(
                examples,
                effort.epochs,
                batch_size=128 if examples >= 4096 else max(8, min(64, examples // 5)),
                fewest_steps=effort.fewest_steps,
                most_epochs=effort.most_epochs if examples >= FEW else effort.few_epochs,
            )
        else:
            plan = schedule(examples, effort.epochs)
        return TrainingSettings(
            epochs=plan.epochs,
            batch_size=plan.batch_size,
            objective=OBJECTIVES[kind],
            augmentation=Augmentation(flip=self.flip),
            optimizer="muon" if kind == "images" else "adamw",
            first_side=FIRST_SIDE if kind == "images" else 1.0,
        )
