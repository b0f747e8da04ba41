"""The script that compiles every network for the RDK X5 goes on, resumes and names what failed."""

import os
from pathlib import Path
import shutil
import subprocess

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / 'tools' / 'x5_all.sh'
NETWORKS = ('suction', 'suction-evaluator', 'jaw', 'jaw-evaluator', 'graspnet')
DEXNET = """#!/bin/sh
echo "$2" >> "$CALLS"
case " $BROKEN " in *" $2 "*) echo 'dexnet: no such thing'; exit 2;; esac
mkdir -p "$8"
printf '# %s\\n\\n| no | table |\\n\\n## Compiled\\n' "$2" > "$8/report.md"
printf '| graph | ms |\\n|---|---|\\n| %s | 1.5 |\\n' "$2" >> "$8/report.md"
printf '\\n## Grasps\\n\\n| later | 1 |\\n' >> "$8/report.md"
"""


class Tree:
    """A copy of the script beside weights, and a stand-in for the command that it calls."""

    def __init__(self, folder):
        self.out, self.calls = folder / 'out', folder / 'calls'
        self.script = folder / 'tools' / SCRIPT.name
        self.script.parent.mkdir()
        shutil.copy(SCRIPT, self.script)
        self.weights = folder / 'dexnet_core' / 'dexnet_core' / 'weights'
        for name in ('suction', 'parallel_jaw', 'graspnet'):
            (self.weights / name).mkdir(parents=True)
            for file in ('proposals.onnx', 'evaluator.onnx'):
                (self.weights / name / file).write_text(name)
        command = folder / 'bin' / 'dexnet'
        command.parent.mkdir()
        command.write_text(DEXNET)
        command.chmod(0o755)
        self.path = f'{command.parent}:{os.environ["PATH"]}'

    def run(self, *words, broken=''):
        """Return the process, and the networks that it had exported."""
        self.calls.write_text('')
        environment = {'PATH': self.path, 'CALLS': str(self.calls), 'BROKEN': broken}
        command = [self.script, *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        return done, self.calls.read_text().split()


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


def test_every_network_is_compiled_into_one_table(tree):
    done, exported = tree.run(tree.out)
    assert (done.returncode, exported) == (0, [*NETWORKS])
    *_, last = done.stdout.splitlines()
    assert last == '| graspnet | graspnet | 1.5 |'
    assert len(done.stdout.splitlines()) == 2 + len(NETWORKS)
    assert (tree.out / 'table.md').read_text() == done.stdout


def test_what_failed_is_named_and_made_by_the_next_run(tree):
    done, exported = tree.run(tree.out, broken='suction jaw')
    assert (done.returncode, exported) == (1, [*NETWORKS])
    assert 'jaw failed: dexnet: no such thing' in done.stderr
    assert '2 of 5 failed: suction jaw' in done.stderr
    assert '| jaw |' not in done.stdout
    done, exported = tree.run(tree.out)
    assert (done.returncode, exported) == (0, ['suction', 'jaw'])
    assert '| jaw | jaw | 1.5 |' in done.stdout


def test_other_weights_are_compiled_again(tree):
    tree.run(tree.out, 'jaw', 'graspnet')
    report = tree.out / 'graspnet' / 'report.md'
    os.utime(report, (0, report.stat().st_mtime - 60))
    for file in tree.weights.rglob('*'):
        os.utime(file, (0, report.stat().st_mtime - 60))
    (tree.weights / 'graspnet' / 'proposals.onnx').write_text('other')
    done, exported = tree.run(tree.out, 'jaw', 'graspnet')
    assert (done.returncode, exported) == (0, ['graspnet'])


@pytest.mark.parametrize(
    ('words', 'message'),
    [
        ((), 'usage: tools/x5_all.sh OUT'),
        (('out', 'gripper'), 'got network gripper, expected one of suction suction-evaluator'),
    ],
)
def test_wrong_words_are_told(tree, words, message):
    done, exported = tree.run(*words)
    assert (done.returncode, exported) == (2, [])
    assert message in done.stderr
