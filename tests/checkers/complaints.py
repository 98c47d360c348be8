"""What a public SCIM checker complains of, one line each, and whether it is what was expected.

    complaints.py scim2-tester < OUTPUT      the ERROR and CRITICAL lines of `scim2 test`
    complaints.py scim-sanity < OUTPUT       what `scim-sanity probe --json-output` does not pass
    complaints.py compare EXPECTED < FOUND   fails where the two differ
"""

import json
import sys


def scim2_tester(text):
    """The check's name and the first line of what it says."""
    lines = text.splitlines()
    if not any(line.startswith("SUCCESS") for line in lines):
        sys.exit(f"scim2-tester checked nothing:\n{text}")
    failed = None
    for line in lines:
        word, _, rest = line.partition(" ")
        if word in ("SUCCESS", "SKIPPED", "ACCEPTABLE", "DEVIATION"):
            failed = None
        elif word in ("ERROR", "CRITICAL"):
            failed = rest.strip()
        elif failed and line.startswith("  "):
            yield f"scim2-tester {failed}: {line.strip()}"
            failed = None


def scim_sanity(text):
    """The probe's name and what it says."""
    report = json.loads(text)
    if report["summary"]["passed"] == 0:
        sys.exit(f"scim-sanity checked nothing:\n{text}")
    for result in report["results"]:
        if result["status"] not in ("pass", "skip"):
            yield f"scim-sanity {result['name']}: {result.get('message', result['status'])}"


def compare(expected, found):
    """Every complaint must be explained, and every explained one must be raised."""
    explained = {line for line in expected.splitlines() if line and not line.startswith("#")}
    raised = {line.partition(" ")[2].partition(" ")[2] for line in found.splitlines()}
    for line in sorted(raised - explained):
        print(f"not explained: {line}")
    for line in sorted(explained - raised):
        print(f"not raised any more: {line}")
    if raised != explained:
        sys.exit(1)
    print(f"{len(raised)} complaints, each explained in tests/checkers/expected.txt")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["scim2-tester"]:
            for line in scim2_tester(sys.stdin.read()):
                print(line)
        case ["scim-sanity"]:
            for line in scim_sanity(sys.stdin.read()):
                print(line)
        case ["compare", path]:
            with open(path, encoding="utf-8") as file:
                compare(file.read(), sys.stdin.read())
        case _:
            sys.exit(__doc__)
