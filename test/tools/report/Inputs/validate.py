"""Looks at what `pyext-tidy check` wrote: validate.py SCHEMA FOLDER.

SCHEMA is the JSON schema of SARIF 2.1.0. FOLDER holds out.sarif, out.gl.json, out.json, out.html and out.github of one run. Prints
what is wrong, or "valid" and the number of findings."""

import html.parser
import json
import os
import sys
import urllib.parse
import urllib.parse

import jsonschema

schema, folder = sys.argv[1:]
problems = []


def expect(condition, what):
    if not condition:
        problems.append(what)


def load(name):
    with open(os.path.join(folder, name), encoding="utf-8") as stream:
        return json.load(stream)


with open(schema, encoding="utf-8") as stream:
    validator = jsonschema.Draft7Validator(json.load(stream))
sarif = load("out.sarif")
for error in validator.iter_errors(sarif):
    problems.append(f"SARIF: {list(error.absolute_path)}: {error.message}")

report = load("out.json")
(run,) = sarif["runs"]
rules = run["tool"]["driver"]["rules"]
expect(len(rules) == len({rule["id"] for rule in rules}), "SARIF: a rule occurs twice")
expect(len(run["results"]) == len(report["findings"]), "SARIF and JSON differ in their number of findings")
for rule in rules:
    if rule["id"].startswith("cpython-"):
        for text in (rule["shortDescription"]["text"], rule["help"]["text"], rule["help"]["markdown"]):
            expect(text.strip(), f"SARIF: {rule['id']} lacks a text")
        # Built without PYEXT_DOCS_URL: no address that does not exist.
        expect("helpUri" not in rule, f"SARIF: {rule['id']}: a link to nowhere")
        expect("## Example" in rule["help"]["markdown"], f"SARIF: {rule['id']}: no example in its help")
        expect(len(rule["properties"]["tags"]) <= 10, f"SARIF: {rule['id']}: GitHub shows 10 tags")
for result, finding in zip(run["results"], report["findings"]):
    expect(rules[result["ruleIndex"]]["id"] == result["ruleId"] == finding["check"], "SARIF: wrong rule index")
    place = result["locations"][0]["physicalLocation"]
    expect(urllib.parse.unquote(place["artifactLocation"]["uri"]) == finding["file"], "SARIF: wrong URI")
    expect(place["region"]["startLine"] == finding["line"], "SARIF: wrong line")
    expect(len(result["relatedLocations"]) == sum("line" in note for note in finding["notes"]), "SARIF: notes are missing")
    expect(bool(result.get("fixes")) == bool(finding.get("fix")), "SARIF: a fix is missing")
    expect(result["partialFingerprints"] == {"pyextTidy/v1": finding["fingerprint"]}, "SARIF: wrong fingerprint")
prints = [finding["fingerprint"] for finding in report["findings"]]
expect(len(prints) == len(set(prints)), "two findings have one fingerprint")

gitlab = load("out.gl.json")
for entry, finding in zip(gitlab, report["findings"]):
    expect(set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}, "GitLab: wrong keys")
    expect(entry["severity"] in ("info", "minor", "major", "critical", "blocker"), "GitLab: wrong severity")
    expect(entry["location"] == {"path": finding["file"], "lines": {"begin": finding["line"]}}, "GitLab: wrong place")
    expect(not entry["location"]["path"].startswith(("/", "./")), "GitLab: the path is not relative")
expect(len(gitlab) == len(report["findings"]), "GitLab: findings are missing")

with open(os.path.join(folder, "out.github"), encoding="utf-8") as stream:
    lines = stream.read().splitlines()
expect(len(lines) == len(report["findings"]) + len(report["not_analysed"]), "GitHub: one line for each finding, and no other")
for line, finding in zip(lines, report["findings"]):
    name = finding["file"].replace("%", "%25").replace(",", "%2C").replace(":", "%3A")
    expect(line.startswith(f"::warning file={name},line={finding['line']},"), f"GitHub: {line}")


class Page(html.parser.HTMLParser):
    """Every element is closed, nothing is loaded from elsewhere."""

    VOID = {"meta", "input", "link", "br", "img"}

    def __init__(self):
        super().__init__()
        self.open, self.findings, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        expect("src" not in attributes and tag != "link", f"HTML: <{tag}> loads something")
        if "finding" in attributes.get("class", "").split():
            self.findings.append(attributes["id"])
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        expect(self.open and self.open[-1] == tag, f"HTML: </{tag}> at line {self.getpos()[0]}, open are {self.open[-3:]}")
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data):
        self.text.append(data)


page = Page()
with open(os.path.join(folder, "out.html"), encoding="utf-8") as stream:
    page.feed(stream.read())
page.close()
expect(not page.open, f"HTML: not closed: {page.open}")
expect(sorted(page.findings) == sorted("f-" + print_ for print_ in prints), "HTML: not the same findings")
text = "".join(page.text)
for finding in report["findings"]:
    expect(finding["message"] in text, f"HTML: no {finding['message']}")
    for note in finding["notes"]:
        expect(note["message"] in text, f"HTML: no {note['message']}")
for module in report["modules"]:
    expect(module["name"] in text, f"HTML: no module {module['name']}")

for problem in dict.fromkeys(problems):
    print(problem)
if not problems:
    print(f"valid, {len(report['findings'])} findings, {len(rules)} rules")
sys.exit(bool(problems))
