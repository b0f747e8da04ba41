"""A stand-in for the X5's compiler is found, kept to its time, and its failures are told."""

from pathlib import Path
import sys
import time

from dexnet_core.export.x5.compiling import compile_graph, compiled_lines
from dexnet_core.export.x5.vendor_tools import find_tools, run_tool, ToolError, Tools, VARIABLE
import pytest

LOG = """FPS=666.67, latency = 1500.0 us, DDR = 2000000 bytes
The main quantized node information:
====
Node  ON
----
/a/Conv  BPU  id(0)  Conv  0.999  1.0  int8
/a/Cast  CPU  --  Cast
The quantized model output:
====
Output  Cosine
----
logits  0.9987  0.1
"""
MAPPER = """import os, pathlib, sys, time
if '--version' in sys.argv:
    print('hb_mapper, version {version}')
elif sys.argv[1] == 'makertbin':
    assert 'PYTHONPATH' not in os.environ
    print({log!r})
    {act}
"""
WRITE = "pathlib.Path('net.bin').write_bytes(b'compiled')"


@pytest.fixture(autouse=True)
def without_tools(monkeypatch, tmp_path):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv('PATH', str(tmp_path / 'empty'))
    monkeypatch.setenv('PYTHONPATH', str(tmp_path))


def program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!{sys.executable}\n{text}')
    path.chmod(0o755)


def stand_in(folder, act=WRITE, version='1.24.3', marches='bayes, bayes-e', log=LOG):
    program(folder / 'bin' / 'hb_mapper', MAPPER.format(act=act, version=version, log=log))
    program(folder / 'bin' / 'hbdk-cc', f"print('version: 3\\nsupported_march: {marches}')")
    return folder


def test_tools_are_found_by_option_then_variable_then_path(tmp_path, monkeypatch):
    first, second, third = (stand_in(tmp_path / name) for name in 'abc')
    monkeypatch.setenv('PATH', str(third / 'bin'))
    assert find_tools(None) == Tools(third / 'bin', '1.24.3')
    monkeypatch.setenv(VARIABLE, str(second))
    assert find_tools(None).commands == second / 'bin'
    assert find_tools(first).commands == first / 'bin'
    assert find_tools(first / 'bin').commands == first / 'bin'


def test_missing_tools_are_named_with_the_remedy(tmp_path):
    with pytest.raises(ValueError, match=r'hb_mapper was not found: .*tools/x5_toolchain\.sh'):
        find_tools(None)
    with pytest.raises(ValueError, match=r'has no hb_mapper and no hbdk-cc: .*x5_toolchain\.sh'):
        find_tools(tmp_path)


@pytest.mark.parametrize(
    ('other', 'message'),
    [
        ({'version': '1.23.9'}, r"is version '1\.23\.9', expected 1\.24\.3"),
        ({'marches': 'nash-e, bayes'}, 'compiles for nash-e, bayes, expected bayes-e'),
    ],
)
def test_other_tools_are_refused(tmp_path, other, message):
    with pytest.raises(ValueError, match=message):
        find_tools(stand_in(tmp_path, **other))


def test_tools_that_do_not_start_are_told(tmp_path):
    program(stand_in(tmp_path) / 'bin' / 'hb_mapper', "raise ImportError('no torch')")
    with pytest.raises(ValueError, match='does not start: ImportError: no torch'):
        find_tools(tmp_path)


def compile_with(tmp_path, **how):
    tools = find_tools(stand_in(tmp_path / 'tools', **how))
    told = []
    (tmp_path / 'net.bin').write_bytes(b'stale')
    limit = 1.5 if 'sleep' in how.get('act', '') else 60
    return compile_graph(tmp_path / 'net.onnx', tools, limit, told.append), tools, told


def test_a_compiled_file_lies_beside_its_graph_and_is_reported(tmp_path):
    compiled, tools, told = compile_with(tmp_path)
    assert compiled.path.read_bytes() == b'compiled'
    assert (tmp_path / 'net_compiled' / 'makertbin.log').read_text().startswith(LOG)
    assert 'check: start' in told
    lines = compiled_lines([compiled, compiled], tools)
    assert '| net | 1 | 1 | 1 | logits 0.99870 | 1.5 | 2.0 | 0 |' in lines
    assert 'All graphs together: 3.0 ms.' in lines
    assert 'Not on the BPU: /a/Cast, /a/Cast.' in lines


@pytest.mark.parametrize(
    ('how', 'message'),
    [
        ({'act': 'sys.exit(3)'}, 'hb_mapper makertbin failed: status 3, see '),
        ({'act': 'raise OSError("full")'}, 'hb_mapper makertbin failed: full, see '),
        ({'act': 'time.sleep(60)'}, r'makertbin timed out after 0\.025 minutes, see '),
        ({'act': 'pass'}, 'makertbin wrote no '),
        ({'log': 'other'}, 'the log has no estimate and no table of nodes'),
    ],
)
def test_what_fails_names_its_log_and_leaves_no_compiled_file(tmp_path, how, message):
    with pytest.raises(ToolError, match=message) as caught:
        compile_with(tmp_path, **how)
    log = Path(str(caught.value).rpartition('see ')[2])
    assert log.is_file()
    assert not (tmp_path / 'net.bin').exists()


def test_what_a_late_tool_has_started_is_ended_as_well(tmp_path):
    mark = tmp_path / 'mark'
    child = f'import time, pathlib; time.sleep(3); pathlib.Path({str(mark)!r}).touch()'
    tool = tmp_path / 'tool'
    program(tool, f'import subprocess, sys\nsubprocess.run([sys.executable, "-c", {child!r}])')
    with pytest.raises(ToolError):
        run_tool([str(tool)], tmp_path / 'log', 1, lambda said: None)
    time.sleep(2.5)
    assert not mark.exists()
