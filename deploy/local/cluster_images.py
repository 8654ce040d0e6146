"""The images of a cluster (see check_cluster.py): stand-ins of the official ones, and the program.

No image is pulled. Those of the stores and nginx are made of Debian's packages once (see compose_check.py) and kept in the cache;
that of the program is what the Dockerfile makes of a program which was compiled here before.
"""
import hashlib
import re
import shutil
import tempfile
from pathlib import Path

import check_charts
import compose_check
from programs import cached, made_once
from services import note, run

ROOT = check_charts.ROOT
REGISTRY = "ghcr.io/shopstack"
PAUSE = "shopstack/pause:1"
OLD, NEW = "0.1.0", "0.1.1"


def named():
    """The images of stores and nginx that the charts name, without the registry, as an engine stores those of Docker Hub."""
    images = []
    for chart in (*check_charts.STORES, "web"):
        text = (check_charts.CHARTS / chart / "values.yaml").read_text()
        repository, tag = re.search(r'repository: docker.io/library/(\S+)\n\s+tag: "?([^"\s]+)', text).groups()
        images.append(f"{repository}:{tag}")
    return images


def archive():
    """The file with the stand-ins of stores and nginx, and what they are made of."""
    content = b"".join(path.read_bytes() for path in sorted(compose_check.STAND_INS.iterdir()) if path.is_file())
    version = hashlib.sha256(content + repr(named()).encode()).hexdigest()[:12]
    return made_once(cached("cluster-images", version), make_archive) / "images.tar"


def make_archive(target):
    folder = Path(tempfile.mkdtemp(prefix="shopstack-images-"))
    engine = None
    try:
        engine = compose_check.Engine(folder)
        compose_check.make_stand_ins(engine, named())
        engine.docker("save", "--output", target / "images.tar", compose_check.BASE, *named())
    finally:
        if engine:
            engine.end()
        shutil.rmtree(folder, ignore_errors=True)


def dockerfile():
    """The Dockerfile of the project, whose stages before the root file system are replaced by a program that exists."""
    text = (ROOT / "Dockerfile").read_text()
    _, _, rest = text.partition("# The root file system of the image.")
    # What pauses a pod before its end: see cluster_render.py.
    pause = "COPY --from=build /bin/sleep /usr/local/bin/sleep"
    return f"ARG SERVICE=\nFROM {compose_check.BASE} AS build\nWORKDIR /build\nCOPY program ./program\n{rest}\n{pause}\n"


def make_program_images(engine, program, names, tags):
    """The images of services, one program in all, for each of the tags."""
    context = engine.folder / "program"
    context.mkdir()
    (context / "Dockerfile").write_text(dockerfile())
    run("strip", "--strip-all", "-o", context / "program", program)
    images = []
    for tag in tags:
        for service in names:
            image = f"{REGISTRY}/shopstack-{service}:{tag}" if service else f"{REGISTRY}/shopstack:{tag}"
            # The tag is part of the image, so that two tags are two images.
            engine.docker("build", "--quiet", "--network", "none", "--build-arg", f"SERVICE={service}", "--build-arg", f"VERSION={tag}", "--tag", image, context)
            images.append(image)
    shutil.rmtree(context)
    return images


def make_pause(engine):
    """What holds the namespaces of a pod."""
    context = engine.folder / "pause"
    context.mkdir()
    run("gcc", "-O2", "-static", "-o", context / "pause", Path(__file__).with_name("pause.c"))
    (context / "Dockerfile").write_text('FROM scratch\nCOPY pause /pause\nENTRYPOINT ["/pause"]\n')
    engine.docker("build", "--quiet", "--tag", PAUSE, context)
    shutil.rmtree(context)
    return PAUSE


def share(engine, images, others):
    """Copies images to other engines."""
    file = engine.folder / "shared.tar"
    engine.docker("save", "--output", file, *images)
    for other in others:
        other.docker("load", "--quiet", "--input", file)
    file.unlink()
    note(f"{len(images)} images of the program are on every node")
