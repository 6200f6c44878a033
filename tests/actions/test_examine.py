from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from actions import examine
from actions.examine import State
from sandbox.aws.disks import IMAGE, MINER, File

EVIDENCE, BASE = "vol-0123456789abcdef0", "vol-0fedcba9876543210"

INTRUSION = (
    MINER,
    File(path="etc/cron.d/x", content=b"*/5 * * * * root /tmp/.x/kdevtmpfsi -o 198.51.100.7:3333\n"),
    File(path="usr/bin/ps", content=b"#!/bin/sh\n", mode=0o755),
    File(path="var/www/html/up.php", content=b"<?php // http://drop.miner.example/x 10.0.0.9\n"),
    File(path="root/c3pool/xmrig", content=b"\x7fELF", mode=0o755),
    File(path="home/ec2-user/notes.txt", content=b"http://not.looked.at.example\n"),
)
ROOT = {f.path: f for f in (*IMAGE, *INTRUSION)}


def lay(at: Path, files: tuple[File, ...]) -> None:
    for file in files:
        path = at / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        path.chmod(file.mode)


def tool(host: Path, name: str, text: str) -> None:
    (host / name).write_text(f"#!/bin/sh\n{text}")
    (host / name).chmod(0o700)


def run(host: Path, disks: dict[str, tuple[File, ...]], script: str) -> str:
    """Run the script in a shell on a host whose disks are folders; mounting one is a link to it."""
    for volume, files in disks.items():
        lay(host / "disks" / volume.replace("-", ""), files)
    tool(
        host,
        "lsblk",
        f"""if [ "$1" = -dnpo ]; then for d in {host}/disks/*; do echo "$d ${{d##*/}}"; done
        else [ -z "$(ls -A "$3")" ] || echo "$3 ${{FSTYPE:-xfs}}"; fi\n""",
    )
    tool(host, "mount", f'echo "$4" >> {host}/options\nrmdir "$6" && ln -s "$5" "$6"\n')
    tool(host, "umount", 'rm "$1"\n')
    environment = {"PATH": f"{host}:/usr/bin:/bin", "FSTYPE": os.environ.get("FSTYPE", "xfs")}
    done = subprocess.run(
        ["sh", "-c", script.replace("/var/tmp/ec2ir", f"{host}/ec2ir")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert not list(host.glob("ec2ir.*")), "something is left behind"
    return done.stdout


@pytest.mark.process
class TestInAShell:
    def test_it_says_what_was_added_and_changed_with_hashes(self, tmp_path: Path) -> None:
        disks = {EVIDENCE: tuple(ROOT.values()), BASE: IMAGE}
        reading = examine.parse(run(tmp_path, disks, examine.script([EVIDENCE], [BASE])))
        assert reading is not None
        assert (reading.read, reading.counted, reading.gaps) == (1, 5, ())
        found = {f.path: (f.state, f.kind) for f in reading.files}
        assert found == {
            "/tmp/.x/kdevtmpfsi": (State.ADDED, "temporary"),
            "/etc/cron.d/x": (State.ADDED, "cron"),
            "/usr/bin/ps": (State.CHANGED, "program"),
            "/var/www/html/up.php": (State.ADDED, "web"),
            "/root/c3pool/xmrig": (State.ADDED, "program"),
        }
        hashes = {f.path: f.sha256 for f in reading.files}
        assert hashes["/" + MINER.path] == hashlib.sha256(MINER.content).hexdigest()
        assert {value for value, _ in reading.hosts} == {"198.51.100.7", "drop.miner.example"}

    def test_volumes_are_mounted_without_replaying_logs_and_without_running_anything(
        self, tmp_path: Path
    ) -> None:
        run(tmp_path, {EVIDENCE: IMAGE, BASE: IMAGE}, examine.script([EVIDENCE], [BASE]))
        options = (tmp_path / "options").read_text().split()
        assert options == ["ro,norecovery,nouuid,nodev,nosuid,noexec"] * 2

    def test_what_can_not_be_read_is_said(self, tmp_path: Path) -> None:
        disks: dict[str, tuple[File, ...]] = {EVIDENCE: (), BASE: IMAGE}
        (tmp_path / "disks" / EVIDENCE.replace("-", "")).mkdir(parents=True)
        text = run(tmp_path, disks, examine.script([EVIDENCE, "vol-00000000000000001"], [BASE]))
        reading = examine.parse(text)
        assert reading is not None
        assert reading.read == 0
        assert set(reading.gaps) == {
            f"{EVIDENCE}: no file system",
            "vol-00000000000000001: not attached",
        }

    def test_without_the_image_only_what_lies_where_malware_lies_is_said(self, tmp_path: Path) -> None:
        files = tuple(ROOT.values())
        script = examine.script([EVIDENCE], [])
        disk = tmp_path / "disks" / EVIDENCE.replace("-", "")
        lay(disk, files)
        for file in files:
            os.utime(disk / file.path, (0, 0))
        reading = examine.parse(run(tmp_path, {}, script))
        assert reading is not None
        assert {(f.path, f.state) for f in reading.files} == {
            ("/" + MINER.path, State.SEEN),
            ("/home/ec2-user/.ssh/authorized_keys", State.SEEN),
        }

    def test_names_of_files_can_not_forge_lines(self, tmp_path: Path) -> None:
        forged = f"tmp/x\nfile\t{EVIDENCE}\tadded\tprogram\t{'a' * 64}\t1\t755\t\u202e\x1b[2J$(touch {tmp_path}/owned)"
        disks = {EVIDENCE: (*IMAGE, File(path=forged.replace("/owned", "_owned"), content=b"x")), BASE: IMAGE}
        text = run(tmp_path, disks, examine.script([EVIDENCE], [BASE]))
        reading = examine.parse(text)
        assert reading is not None
        assert [f.sha256 for f in reading.files] == [hashlib.sha256(b"x").hexdigest()]
        assert "\x1b" not in text
        assert text.isascii()

    def test_the_box_prints_the_same(self, tmp_path: Path) -> None:
        from sandbox.aws.box import emulated
        from sandbox.aws.environment import LINUX_IMAGE, REGION, account_id
        from sandbox.aws.forensic import run as play
        from sandbox.aws.overlay.base import ec2_of
        from sandbox.aws.world import notes_on

        with emulated() as box:
            ec2, backend = box.client("ec2"), ec2_of(account_id(), REGION)
            machine = ec2.run_instances(ImageId=LINUX_IMAGE, MinCount=1, MaxCount=1)["Instances"][0]
            disks: dict[str, tuple[File, ...]] = {}
            for device, files in (("f", tuple(ROOT.values())), ("g", IMAGE)):
                volume = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=8)["VolumeId"]
                notes_on(backend.get_volume(volume))["files"] = files
                ec2.attach_volume(
                    VolumeId=volume, InstanceId=machine["InstanceId"], Device=f"/dev/sd{device}"
                )
                disks[volume] = files
            script = examine.script(list(disks)[:1], list(disks)[1:])
            assert play(backend, machine["InstanceId"], script).stdout == run(tmp_path, disks, script)


def test_only_ids_of_volumes_are_filled_in() -> None:
    for hostile in ("vol-1'; rm -rf /'", "vol-0123456789abcdef0\n", "", "vol-0123456789abcdef0 x"):
        with pytest.raises(ValueError, match="no volume's id"):
            examine.script([hostile], [])


HEAD = "ec2ir-volumes\t1\t1\t3\n"
ROW = f"file\t{EVIDENCE}\tadded\tprogram\t{'a' * 64}\t12\t755\t/usr/bin/x"


@pytest.mark.parametrize("output", ["", "done", "x" + HEAD, HEAD.strip() + " \n"])
def test_output_of_another_form_says_nothing(output: str) -> None:
    assert examine.parse(output) is None


def test_lines_of_another_form_are_left_out_and_counted() -> None:
    reading = examine.parse(HEAD + ROW + "\n" + ROW.replace("added", "<!channel>") + "\n" + ROW[:-3])
    assert reading is not None
    assert (len(reading.files), reading.counted, reading.missing) == (1, 3, 2)


def test_a_cut_output_is_not_read_past_the_cut() -> None:
    reading = examine.parse(HEAD + f"{ROW}\n" * 5_000)
    assert reading is not None
    assert len(reading.files) == (examine.CUT_AT - len(HEAD)) // (len(ROW) + 1)


def test_addresses_of_nobody_are_no_indicators() -> None:
    hosts = "".join(
        f"host\t{h}\t/x\n" for h in ("127.0.0.1", "10.1.2.3", "1.2.3.400", "203.0.113.9", "localhost")
    )
    reading = examine.parse(HEAD + hosts)
    assert reading is not None
    assert [value for value, _ in reading.hosts] == ["203.0.113.9"]
