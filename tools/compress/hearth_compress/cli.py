"""The command line: arguments in, a table and an exit code out. 0 done, 2 bad input, 3 the model cannot be compressed."""

import argparse
import os
import sys

from hearth_compress.refusal import BAD_INPUT, Refusal, first_line

USAGE = """hearth compress MODEL --data=FILE.npz [option ...]
       hearth compress digits [option ...]"""

ABOUT = """Makes smaller versions of a model and a report of what each costs: frozen (SavedModel), float16, dynamic
(8-bit weights), int8 (post-training), pruned and qat (trained further; these two need a Keras model and labels).
OUT gets a new version folder: the variant to serve, report.md, report.json, report.svg, and all under variants/."""


def parser():
    result = argparse.ArgumentParser(prog="hearth compress", usage=USAGE, description=ABOUT, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add = result.add_argument
    add("model", metavar="MODEL", help="digits (the demo), a .keras or .h5 file, or a folder with a SavedModel")
    add("--data", metavar="FILE", help=".npz with one array for each input, by its name, and `labels`; .npy for one")
    add("--labels", metavar="FILE|NAME", help="labels in a .npy file, or the name of their array in the data")
    add("--held-out", metavar="FILE", help="data to measure on; without it a fifth of the data is kept back")
    add("--out", metavar="DIR", help="the model's base folder, which gets the new version "
                                     "(default: target/compressed/NAME)")
    add("--serve", metavar="VARIANT", default="int8", help="the variant that the version serves (default: int8)")
    add("--variants", metavar="LIST", help="of frozen,float16,dynamic,int8,pruned,qat (default: all)")
    add("--signature", metavar="NAME", help="of a SavedModel (default: serving_default)")
    add("--output", metavar="NAME", help="the output that the labels belong to (default: the first one of floats)")
    add("--label-output", metavar="NAME", help="add an output with the number of the greatest score")
    add("--task", choices=("classify", "binary", "regress"), help="how labels are compared (default: by their shape)")
    add("--io", choices=("float", "int8", "uint8"), default="float",
        help="type of inputs and outputs of 8-bit variants (default: float)")
    add("--epochs", type=int, default=0, metavar="N", help="to train pruned and qat (default: about 20 000 rows)")
    add("--batch-size", type=int, default=32, metavar="N", help="of training (default: 32)")
    add("--learning-rate", type=float, default=5e-4, metavar="X", help="of training (default: 0.0005)")
    add("--sparsity", type=float, default=0.6, metavar="X", help="share of weights that pruning zeroes (default: 0.6)")
    add("--calibration-rows", type=int, default=200, metavar="N", help="rows that 8-bit ranges are taken from")
    add("--max-loss", type=float, metavar="X", help="fail when the served variant loses more of the score than this")
    add("--debug", action="store_true", help="show the stack trace of a failure inside this tool")
    return result


def main(arguments=None):
    options = parser().parse_args(arguments)
    speak = sys.stderr if options.debug else quiet()
    try:
        check(options)
        return compress(options)
    except Refusal as refusal:
        print(f"hearth compress: {refusal}", file=speak)
        return refusal.code
    except KeyboardInterrupt:
        print("hearth compress: stopped; nothing was written", file=speak)
        return 130
    except Exception as failure:
        if options.debug:
            raise
        print(f"hearth compress: a fault in this tool, or something it does not expect: {type(failure).__name__}: "
              f"{first_line(failure)} (--debug shows where)", file=speak)
        return 1


def quiet():
    """Sends what TensorFlow's native code writes to standard error away; gives a stream to the real one."""
    sys.stderr.flush()
    speak = os.fdopen(os.dup(2), "w", buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    return speak


def check(options):
    """What can be said before TensorFlow is loaded."""
    def positive(name, value, most=None):
        if not value > 0 or (most is not None and value >= most):
            raise Refusal(f"--{name}={value}: a number above 0{'' if most is None else f' and under {most}'} is needed.")

    if options.epochs < 0:
        raise Refusal(f"--epochs={options.epochs}: 0 or more are needed.")
    positive("batch-size", options.batch_size)
    positive("learning-rate", options.learning_rate)
    positive("sparsity", options.sparsity, 1)
    positive("calibration-rows", options.calibration_rows)
    if options.model != "digits":
        if not os.path.exists(options.model):
            raise Refusal(f"There is no model at {options.model}.")
    elif options.data or options.labels or options.held_out:
        raise Refusal("digits, the demo, brings its own data; --data, --labels and --held-out are for other models.")
    if options.out and os.path.exists(options.out) and not os.path.isdir(options.out):
        raise Refusal(f"--out={options.out} is a file; a folder is needed.")


def groups(text):
    from hearth_compress.compression import GROUPS
    if not text:
        return GROUPS
    chosen = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [name for name in chosen if name not in GROUPS]
    if unknown or not chosen:
        raise Refusal(f"--variants={text}: there is no {', '.join(unknown) or 'variant in it'}; "
                      f"there are {', '.join(GROUPS)}.", BAD_INPUT)
    return chosen


def compress(options):
    from hearth_compress import digits, report, samples, source
    from hearth_compress.compression import Compression, Options
    from hearth_compress.training import Training
    if options.model == "digits":
        model = digits.load(os.environ.get("HEARTH_DEMO_MODELS", "config/models"))
        data = digits.samples()
    else:
        model = source.load(options.model.rstrip("/"), options.signature)
        data = samples.read(model, options.data, options.labels, options.held_out)
        if options.label_output:
            model.add_label(options.label_output, options.output)
    name = os.path.splitext(os.path.basename(os.path.abspath(options.model)))[0]
    out = options.out or os.path.join("target", "compressed", name)
    training = Training(options.epochs, options.batch_size, options.learning_rate, options.sparsity)
    print(f"{model.path}: {model.kind}; {len(data.train)} rows to train and calibrate, {len(data.held_out)} held out",
          flush=True)
    run = Compression(model, data, Options(out, options.serve, groups(options.variants), options.output, options.task,
                                           options.io, options.calibration_rows, options.max_loss, training),
                      say=lambda text: print(f"  {text}" if text.startswith(" ") else f"  {text} ...", flush=True))
    folder, summary = run.run()
    print("\n" + report.text(summary).split("\n", 2)[2])
    print(f"Written: {folder} ({options.serve} is served; report.md, report.json, report.svg; all in variants/)")
    return 0
