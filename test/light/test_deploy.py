"""What deploy/ names is there."""

import re
import shutil
import subprocess

import pytest
import yaml

FOLDER = '/opt/dexnet'
IMAGES = ('Dockerfile', 'rdk_x5.Dockerfile')


@pytest.fixture
def deploy(repo):
    return repo / 'deploy'


@pytest.fixture
def unit(deploy):
    return (deploy / 'systemd' / 'dexnet@.service').read_text()


def planners(repo):
    names = {file.name.removesuffix('.launch.py') for file in repo.glob('launch/*.launch.py')}
    return {name for name in names if (repo / 'config' / f'{name}.yaml').exists()}


@pytest.mark.parametrize('name', IMAGES)
def test_what_an_image_copies_is_there_and_not_ignored(repo, deploy, name):
    sources = [
        source
        for line in re.findall(
            r'^COPY (?!--from)(.*)', (deploy / 'docker' / name).read_text(), re.M
        )
        for source in line.split()[:-1]
    ]
    sent = re.findall(r'^!(.*)', (repo / '.dockerignore').read_text(), re.M)
    there = {file.relative_to(repo) for pattern in sent for file in repo.glob(pattern)}
    assert 'dexnet_core' in sources
    for source in sources:
        assert repo / source in {repo / file for file in there}, source


def test_both_images_are_built_alike(deploy):
    texts = [
        (deploy / 'docker' / name).read_text() for name in ('Dockerfile', 'rdk_x5.Dockerfile')
    ]
    steps = [re.findall(r'^(?:RUN|COPY|ENTRYPOINT|CMD|USER|ENV) .*', text, re.M) for text in texts]
    assert steps[0]
    assert steps[0] == steps[1]


def test_the_composition_builds_an_image_that_is_there(deploy):
    file = deploy / 'docker' / 'compose.yaml'
    service = yaml.safe_load(file.read_text())['services']['suction']
    context = (file.parent / service['build']['context']).resolve()
    assert (context / service['build']['dockerfile']).is_file()
    assert (context / 'launch' / service['command'][3]).is_file()
    assert (service['network_mode'], service['ipc']) == ('host', 'host')


@pytest.mark.parametrize('name', ['build.sh', 'entrypoint.sh'])
def test_scripts_are_programs_that_bash_can_read(deploy, name):
    assert (deploy / name).stat().st_mode & 0o111
    subprocess.run(['bash', '-n', deploy / name], check=True)


def test_the_entrypoint_runs_a_command_with_the_folder_that_it_is_in(deploy, tmp_path):
    shutil.copy(deploy / 'entrypoint.sh', tmp_path)
    (tmp_path / 'install').mkdir()
    (tmp_path / 'install' / 'local_setup.bash').write_text('export SOURCED=yes\n')
    said = {}
    for distro in ('jazzy', 'kilted'):
        environment = {'PATH': '/usr/bin:/bin', 'AMENT_PREFIX_PATH': '/ros', 'ROS_DISTRO': distro}
        said[distro] = subprocess.run(
            [tmp_path / 'entrypoint.sh', 'env'],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert 'SOURCED=yes' in said[distro]
        assert f'PATH={tmp_path}/venv/bin:' in said[distro]
    profile = f'{tmp_path}/install/share/dexnet_ros/config/fastdds.xml'
    assert f'FASTRTPS_DEFAULT_PROFILES_FILE={profile}' in said['jazzy']
    assert f'FASTDDS_DEFAULT_PROFILES_FILE={profile}' in said['kilted']


def test_the_unit_has_an_instance_for_each_planner(repo, unit):
    program = re.search(r'lib/dexnet_ros/(\S+)', unit)[1]
    setup = (repo / 'dexnet_ros' / 'setup.cfg').read_text()
    for name in planners(repo):
        assert f'dexnet@{name}' in unit
        assert f'{program.replace("%i", name)} = ' in setup


def test_the_environment_file_has_what_the_unit_reads(repo, deploy, unit):
    text = (deploy / 'systemd' / 'suction.env').read_text()
    given = dict(re.findall(r'^(\w+)=(.*)', text, re.M))
    read = set(re.findall(r'\$\{?(\w+)', unit))
    assert read
    assert read | {'ROS_DISTRO'} <= given.keys()
    shipped = given['DEXNET_PARAMS'].removeprefix(f'{FOLDER}/install/share/dexnet_ros/')
    assert (repo / shipped).is_file()


def test_systemd_takes_the_unit(deploy, unit, tmp_path):
    if shutil.which('systemd-analyze') is None:
        pytest.skip('systemd-analyze is not installed')
    shutil.copy(deploy / 'entrypoint.sh', tmp_path)
    copy = tmp_path / 'dexnet@suction.service'
    copy.write_text(unit.replace(f'ExecStart={FOLDER}', f'ExecStart={tmp_path}'))
    done = subprocess.run(
        ['systemd-analyze', 'verify', copy], capture_output=True, text=True, check=False
    )
    assert not [line for line in done.stderr.splitlines() if 'dexnet@' in line]
    assert done.returncode == 0, done.stderr


def test_the_workflow_runs_what_ci_runs(repo):
    jobs = yaml.safe_load((repo / '.github' / 'workflows' / 'ci.yml').read_text())['jobs']
    runs = {
        name: [step['run'] for step in job['steps'] if 'run' in step] for name, job in jobs.items()
    }
    assert any(run.endswith('.ci/run') for run in runs['wheels'])
    assert any(run.endswith('.ci/run') for run in runs['ros'])
    assert jobs['ros']['strategy']['matrix']['ros'] == ['humble', 'jazzy', 'kilted', 'lyrical']
    for job in jobs.values():
        for step in job['steps']:
            assert re.search(r'@v\d+\.\d+\.\d+$', step.get('uses', '@v1.0.0'))
