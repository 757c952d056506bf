"""What a run says at its end: as a table to read, as JSON for programs, as a picture."""

import json
import os
import platform

from hearth_compress import plot
from hearth_compress.frameworks import tf, tf_keras

COLUMNS = ("variant", "backend", "bytes", "gzip", "score", "same answer", "ms, 1 row", "ms, 32 rows")


def summary(run):
    """Plain values: the content of report.json."""
    import tensorflow_model_optimization as tfmot
    return {"model": run.source.path, "kind": run.source.kind, "served": run.options.serve,
            "task": run.scoring.task, "metric": run.scoring.metric, "output": run.scoring.output,
            "rows": {"train": len(run.samples.train), "held_out": len(run.samples.held_out),
                     "calibration": min(len(run.samples.train), run.options.calibration_rows)},
            "versions": {"tensorflow": tf.__version__, "tf_keras": tf_keras.__version__,
                         "tensorflow-model-optimization": tfmot.__version__, "python": platform.python_version()},
            "variants": run.rows}


def table(summary):
    """Markdown that also reads well as text."""
    rows = [COLUMNS]
    for row in summary["variants"]:
        name = row["name"] + (" *" if row["name"] == summary["served"] else "")
        if "failed" in row:
            rows.append((name, row["backend"], "not made", "", "", "", "", ""))
        else:
            times = [_milliseconds(row["latency_ms"].get(batch)) for batch in ("1", "32")]
            rows.append((name, row["backend"], str(row["bytes"]), str(row["gzip_bytes"]), f"{row['score']:.4f}",
                         f"{100 * row['agreement']:.1f} %", *times))
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    lines = ["| " + " | ".join(cell.ljust(widths[i]) if i < 2 else cell.rjust(widths[i])
                               for i, cell in enumerate(row)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) if i < 2 else "-" * (width + 1) + ":"
                                   for i, width in enumerate(widths)) + "|")
    return "\n".join(lines)


def _milliseconds(value):
    return "-" if value is None else f"{value:.3f}"


def text(summary):
    """The whole report in Markdown."""
    rows = summary["rows"]
    parts = [f"# {os.path.basename(os.path.normpath(summary['model']))}, compressed", "",
             f"Made from {summary['model']} ({summary['kind']}) with {rows['train']} rows to train and calibrate and "
             f"{rows['held_out']} held-out ones. Score: {_metric(summary)}. Time: median of a call with 1 and with 32 "
             "rows, one thread, from Python. `*` is the variant that is served.", "", table(summary), ""]
    for row in summary["variants"]:
        parts += [f"- **{row['name']}**: {remark}" for remark in _remarks(row)]
    return "\n".join(parts).rstrip() + "\n"


def _metric(summary):
    if summary["task"] == "agreement":
        return "share of held-out rows with the original's answer (there were no labels)"
    return f"{summary['metric']} of `{summary['output']}` on held-out rows"


def _remarks(row):
    if "failed" in row:
        return [f"not made: {row['failed']}"]
    remarks = list(row["notes"])
    if row["name"] in ("int8", "pruned_int8", "qat_int8"):
        left = row.get("not_quantized", [])
        remarks.append(f"did not quantize: {', '.join(left)}" if left else "every layer is 8-bit")
    if row.get("sparsity"):
        remarks.append("zeros: " + ", ".join(f"{name} {100 * share:.0f} %" for name, share in row["sparsity"].items()))
    return remarks


def write(summary, folder):
    """report.md, report.json, report.svg."""
    with open(os.path.join(folder, "report.md"), "w", encoding="utf-8") as file:
        file.write(text(summary))
    with open(os.path.join(folder, "report.json"), "w", encoding="utf-8") as file:
        json.dump(summary, file, indent=1)
        file.write("\n")
    with open(os.path.join(folder, "report.svg"), "w", encoding="utf-8") as file:
        file.write(plot.svg(summary))
