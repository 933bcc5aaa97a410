"""Audits for the benchmarks, each trained once."""

from dataclasses import dataclass
from pathlib import Path

from aleator.auditing import Audit, AuditSettings, load_audit
from aleator.auditing.audit import audit
from aleator.data import LabelledDataset
from aleator.progress import Progress, silent


@dataclass(frozen=True)
class Trainer:
    """How the networks are trained, and where they are kept: what is there already is not trained again."""

    folder: Path
    effort: str = "standard"
    seed: int = 0
    device: str = "auto"
    progress: Progress = silent

    def audit(self, dataset: LabelledDataset, name: str, effort: str, *, flip: bool = True) -> Audit:
        folder = self.folder / f"{name}-{effort}-{self.seed}"
        if not (folder / "audit.json").exists():
            settings = AuditSettings(effort=effort, seed=self.seed, device=self.device, flip=flip)
            audit(dataset, folder, settings, force=True, progress=self.progress)
        return load_audit(folder, dataset)
