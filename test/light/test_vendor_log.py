"""The log of the X5's compiler is read into numbers, and what it lacks is named."""

from dexnet_core.export.x5.vendor_log import last_error, progress_of, read_log
import pytest

RULE = '=' * 60
STAMP = '2026-01-02 03:04:05,678 \x1b[92mINFO\x1b[0m '
FAULT = STAMP.replace('92mINFO', '91mERROR')
"""Colours are in the log as well."""


def estimate(us, moved, rows=1):
    per_second = round(rows * 1e6 / float(us), 2)
    return f'{STAMP}FPS={per_second}, latency = {us} us, DDR = {moved} bytes   (see part.html)'


def table(title, columns, *rows):
    cells = ['  '.join(cell.ljust(9) for cell in row) for row in (columns, *rows)]
    return '\n'.join([STAMP + title, RULE, cells[0], RULE.replace('=', '-'), *cells[1:]])


def nodes(*rows):
    columns = ('Node', 'ON', 'Subgraph', 'Type', 'Cosine Similarity', 'Threshold', 'DataType')
    return table('The main quantized node information:', columns, *rows)


def outputs(*rows):
    columns = ('Output', 'Cosine Similarity', 'L1 Distance')
    return table('The quantized model output:', columns, *rows)


CONV = ('/a/Conv', 'BPU', 'id(0)', 'HzSQuantizedConv', '0.999', '2.5', 'int8')
WIDE = ('/a/Add', 'BPU', 'id(1)', 'HzSElementwiseAdd', '0.9995', '2.5', 'int16')
UNMEASURED = ('/b/Cast', 'CPU', '--', 'Cast', '--', '1.0', 'float')
BARE = ('/b/Reshape', 'CPU', '--', 'Reshape')
WHOLE = '\n'.join(
    [
        estimate(1500.5, 2000),
        estimate('1e+03', 500),
        nodes(CONV, WIDE, UNMEASURED, BARE),
        outputs(('logits', '0.99', '0.5'), ('width', '-0.5', '0.1')),
        f'{STAMP}End to  convert   all',
    ]
)


def test_nodes_outputs_and_estimates_of_all_parts_are_read():
    said = read_log(WHOLE)
    assert (said.parts, said.milliseconds, said.traffic) == (2, 2.5005, 2500)
    assert (said.count('BPU'), said.count('CPU')) == (2, 2)
    assert said.nodes[0] == ('/a/Conv', 'BPU', 0.999, 'int8')
    assert said.nodes[1].bits == 'int16'
    assert [node.cosine for node in said.nodes[2:]] == [None, None]
    assert said.outputs == (('logits', 0.99), ('width', -0.5))


def test_the_traffic_of_a_batch_is_that_of_all_its_rows():
    said = read_log(WHOLE.replace(estimate('1e+03', 500), estimate('311.5', 500, rows=32)))
    assert (said.milliseconds, said.traffic) == (1.812, 2000 + 32 * 500)


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('', 'no estimate and no table of nodes and no table of outputs'),
        (WHOLE.replace('latency', 'delay'), 'the log has no estimate, expected'),
        (WHOLE.replace('main quantized node', 'nodes'), 'no table of nodes, expected'),
        (WHOLE.replace('0.9995', 'good'), "similarity 'good' of /a/Add, not"),
        (WHOLE.replace('-0.5', '--  '), 'output width has no similarity'),
    ],
)
def test_a_log_of_another_form_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        read_log(text)


@pytest.mark.parametrize(
    ('text', 'known'),
    [
        ('', 'start'),
        (f'{STAMP}Start to calibrate the model.', 'calibrate'),
        (
            f'{STAMP}Start to quantize the model.\n{STAMP}Start to compile the model with march\n'
            '[=     ]   8%\r[===   ]  52%',
            'compile 52%',
        ),
        (
            f'{STAMP}Start to compile the model\n[===] 100%\n{STAMP}Start to check the model.',
            'check',
        ),
    ],
)
def test_progress_is_the_last_stage_and_its_percent(text, known):
    assert progress_of(text) == known


@pytest.mark.parametrize(
    ('text', 'known'),
    [
        ('', ''),
        (f'{STAMP}Start', ''),
        (
            f'{FAULT}first\n{FAULT}*** IN BUILD ***, error message: second fault. \n{STAMP}End',
            'second fault',
        ),
        ('Traceback\n  raise ValueError(x)\nImportError: no torch\n', 'no torch'),
    ],
)
def test_the_last_error_is_told(text, known):
    assert last_error(text) == known
