"""Reads the files that `pyext-tidy init` has written into the current folder."""

import json
import os

import yaml

with open("version.txt", encoding="utf-8") as stream:
    version = stream.read().split()[1]


def read(name):
    with open(name, encoding="utf-8") as stream:
        text = stream.read()
    assert "@VERSION@" not in text and "pyext-tidy.github.io" not in text and "github.com/" not in text, name
    return text


workflow = read(".github/workflows/pyext-tidy.yml")
steps = yaml.safe_load(workflow)["jobs"]["pyext-tidy"]["steps"]
assert f"pip install pyext-tidy=={version}" in [step.get("run") for step in steps], steps
assert any("--sarif=pyext-tidy.sarif" in step.get("run", "") for step in steps)
assert any(step.get("with", {}).get("sarif_file") == "pyext-tidy.sarif" for step in steps)
job = yaml.safe_load(read(".gitlab/pyext-tidy.yml"))["pyext-tidy"]
assert f"pip install pyext-tidy=={version}" in job["script"]
assert job["artifacts"]["reports"]["codequality"] == "gl-code-quality-report.json"
(repository,) = yaml.safe_load(read(".pre-commit-config.yaml"))["repos"]
assert repository["hooks"][0]["additional_dependencies"] == ["pyext-tidy==" + version], repository
assert repository["repo"] == "local" and repository["hooks"][0]["id"] == "pyext-tidy"
assert yaml.safe_load(read(".clang-tidy"))["Checks"] == "-*,cpython-*"
assert yaml.safe_load(read(".clangd"))["Diagnostics"]["ClangTidy"]["FastCheckFilter"] == "Loose"
assert json.loads(read(".vscode/settings.json"))["clangd.path"] == "pyext-clangd"
labels = json.loads(read("pyext-tidy-codechecker-labels.json"))
assert labels["analyzer"] == "clang-tidy" and len(labels["labels"]) > 5
for name, values in labels["labels"].items():
    assert name.startswith("cpython-") and any(value.startswith("severity:") for value in values), name
print(len(os.listdir(".")))
