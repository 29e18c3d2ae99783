"""Writes a network that barker did not make: tensors by the safetensors layout, in plain Python.

    foreign_network.py DIR

The directory gets what `barker-train import-weights DIR` reads, and a click log to judge it on. The
forward pass is the one that a PyTorch user would write; it shares no code with barker.
"""
import json
import math
import os
import random
import struct
import sys

DIM, HIDDEN, GROUPS = 4, [6, 3], ["hist", "query", "profile"]
WORDS = ["free shipping", "leather", "rain", "tent", "waterproof", "防水"]
NAMES = WORDS + ["profile=gender=f", "profile=gender=m"]
draw = random.Random(7)


def tensor(*shape):
    size = math.prod(shape)
    values = [struct.unpack("<f", struct.pack("<f", draw.gauss(0, 0.5)))[0] for _ in range(size)]
    return list(shape), values


tensors = {"embedding": tensor(len(NAMES), DIM)}
width = (len(GROUPS) + 1) * DIM
for i, size in enumerate(HIDDEN):
    tensors[f"mlp.{i}.weight"] = tensor(size, width)  # [out, in], as torch.nn.Linear has it
    tensors[f"mlp.{i}.bias"] = tensor(size)
    width = size
for task in ("main", "aux"):
    tensors[f"head.{task}.weight"] = tensor(1, width)
    tensors[f"head.{task}.bias"] = tensor(1)
for part in ("user", "query", "title"):
    tensors[f"attention.{part}"] = tensor(DIM, DIM)
tensors["attention.score"] = tensor(DIM)


def save(path):
    header, data = {}, b""
    for name, (shape, values) in tensors.items():
        raw = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": shape,
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    head = json.dumps(header).encode()
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(head)) + head + data)


def row(name):
    at = NAMES.index(name)
    return tensors["embedding"][1][at * DIM:(at + 1) * DIM]


def linear(name, x, bias=True):
    weight = tensors[name + (".weight" if bias else "")][1]
    n = len(weight) // len(x)
    out = [sum(w * v for w, v in zip(weight[o * len(x):(o + 1) * len(x)], x)) for o in range(n)]
    return [a + b for a, b in zip(out, tensors[name + ".bias"][1])] if bias else out


def mean(names):
    rows = [row(name) for name in names] or [[0.0] * DIM]
    return [sum(column) / len(rows) for column in zip(*rows)]


def logit(task, context, target):
    h = context + target
    for i in range(len(HIDDEN)):
        h = [max(0.0, v) for v in linear(f"mlp.{i}", h)]
    return linear(f"head.{task}", h)[0]


def title_vector(user, query, words):
    base = [a + b for a, b in zip(linear("attention.user", user, False),
                                  linear("attention.query", query, False))]
    scores = []
    for word in words:
        hidden = [math.tanh(a + b) for a, b in zip(base, linear("attention.title", row(word), False))]
        scores.append(sum(a * b for a, b in zip(hidden, tensors["attention.score"][1])))
    parts = [math.exp(s - max(scores)) for s in scores]
    return [sum(p / sum(parts) * row(w)[d] for p, w in zip(parts, words)) for d in range(DIM)]


def golden(hist, query, gender):
    bags = [mean(hist), mean(query), mean(["profile=" + gender])]
    context = sum(bags, [])
    titles = [["rain", "tent"], ["leather"], ["tent", "waterproof", "防水"]]
    return {
        "groups": {"hist": hist, "query": query, "profile": [gender]},
        "candidates": WORDS,
        "main_logits": [logit("main", context, row(word)) for word in WORDS],
        "titles": titles,
        "aux_logits": [logit("aux", context, title_vector(bags[0], bags[1], t)) for t in titles],
    }


def event(number):
    gender = draw.choice(["gender=f", "gender=m"])
    shown = draw.sample(WORDS, 3)
    return {"time": 1730000000 + number * 60, "user": f"u{number % 40}", "query": "tent",
            "groups": {"profile": [gender]},
            "sfs": [{"text": word, "clicked": word == "waterproof" and draw.random() < 0.5}
                    for word in shown],
            "ads": [{"id": "a", "title": "rain tent", "clicked": draw.random() < 0.3}]}


directory = sys.argv[1]
os.makedirs(directory, exist_ok=True)
save(directory + "/model.safetensors")
with open(directory + "/model.toml", "w") as out:
    out.write(f'name = "foreign"\nversion = "1"\nmodel = "MTDL of another framework"\n'
              f"dim = {DIM}\nhidden = {HIDDEN}\n")
    out.write("".join(f'[[group]]\nname = "{group}"\n' for group in GROUPS))
    out.write(f'[attention]\ndim = {DIM}\nuser = "hist"\nquery = "query"\n')
with open(directory + "/words.txt", "w") as out:
    out.write("\n".join(NAMES) + "\n")
with open(directory + "/golden.jsonl", "w") as out:
    for line in (golden(["rain"], ["tent", "waterproof"], "gender=f"),
                 golden([], ["leather"], "gender=m")):
        out.write(json.dumps(line) + "\n")
with open(directory + "/events.jsonl", "w") as out:
    for number in range(400):
        out.write(json.dumps(event(number)) + "\n")
