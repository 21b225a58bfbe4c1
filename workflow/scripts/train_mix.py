"""Fine-tune a base model on one mix with a DoRA adapter (paper section 4.2).

    python workflow/scripts/train_mix.py --base results/demo/models/base --mix results/demo/mixes/NAT.parquet \
        --checkpoints results/demo/models/NAT.checkpoints --trackers-folder results/demo/trackers \
        --output results/demo/models/NAT --epochs 2 --loss completion

With several GPUs, under torchrun: python -m torch.distributed.run --standalone --nproc-per-node 2 workflow/scripts/...

reads   models/base/, mixes/<mix>.parquet; models/<model>.checkpoints/ where an earlier job was cut off
writes  models/<model>/: adapter_model.safetensors, adapter_config.json, training.parquet (a row per step);
        run.json last
"""

from pathlib import Path

import medinjection
from medinjection.models.training.hyperparameters import Hyperparameters
from medinjection.models.training.run import TrainingFolders, train_mix
from medinjection.plan.code.fingerprint import code_fingerprint
from medinjection.program import add_field_flags, argument_parser, run_program


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--base", required=True, type=Path, help="folder of the base model")
    parser.add_argument("--mix", required=True, type=Path, help="parquet file of the mix's records")
    parser.add_argument("--output", required=True, type=Path, help="folder to write the adapter to")
    parser.add_argument("--checkpoints", required=True, type=Path, help="folder of checkpoints; removed in the end")
    parser.add_argument("--trackers-folder", required=True, type=Path, help="folder for the files of trackers")
    add_field_flags(parser, Hyperparameters())

    given = vars(parser.parse_args())
    folders = TrainingFolders(
        **{name: given.pop(name) for name in ("base", "output", "checkpoints")}, trackers=given.pop("trackers_folder")
    )
    mix, trackers = given.pop("mix"), tuple(given.pop("trackers"))
    code = code_fingerprint(__file__, Path(medinjection.__file__).parent.parent)
    train_mix(mix, folders, Hyperparameters(**given, trackers=trackers), code)


if __name__ == "__main__":
    run_program(main)
