"""Which parameters of files are for one node, and which for several."""

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_ros.params_files import given_by_files

NODE = '/left/suction_node'


@pytest.fixture
def given(tmp_path):
    """Return a function that gives a node the files of texts and further arguments."""

    def give(*texts, arguments=()):
        words = ['program', '--ros-args', *arguments]
        for k, text in enumerate(texts):
            file = tmp_path / f'{k}.yaml'
            file.write_text(text)
            words += ['--params-file', str(file)]
        return given_by_files(words, NODE)

    return give


@pytest.mark.parametrize('name', ['/**', '**', '/*/suction_node', '/left/**', '/**/suction_node'])
def test_a_wildcard_is_for_several_nodes(given, name):
    found = given(f'"{name}": {{ros__parameters: {{a: 1, b: {{c: 2}}}}}}')
    assert found == (frozenset({'a', 'b.c'}), ())


@pytest.mark.parametrize(
    'text',
    [
        '/left/suction_node: {ros__parameters: {a: 1}}',
        'left: {suction_node: {ros__parameters: {a: 1}}}',
        '/**: {suction_node: {ros__parameters: {a: 1}}, left: {ros__parameters: {b: 1}}}',
    ],
)
def test_a_name_is_for_the_node(given, text):
    found = given('/**: {ros__parameters: {a: 2}}', text) if '**' not in text else given(text)
    assert 'b' not in found.shared
    assert not found.others
    assert ('a' in found.shared) == ('**' in text)


@pytest.mark.parametrize('name', ['suction_node', '/*', '/left', '/right/**', 'jaw_node'])
def test_a_file_without_a_section_for_the_node_is_told(given, name):
    found = given(f'{name}: {{ros__parameters: {{a: 1}}}}')
    assert (found.shared, len(found.others)) == (frozenset(), 1)


def test_what_is_assigned_is_for_the_node_and_broken_files_are_left_to_rcl(given):
    text = '/**: {ros__parameters: {a: 1, b: 1, c: 1}}'
    found = given(text, 'x: [', arguments=('-p', 'a:=1', '-p', 'suction_node:b:=2'))
    assert found == (frozenset({'c'}), ())
    assert given_by_files(['--params-file', '/nowhere.yaml'], NODE) == (frozenset(), ())
