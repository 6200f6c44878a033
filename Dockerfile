# syntax=docker/dockerfile:1
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/ec2ir
COPY locks/runtime.txt locks/build.txt ./locks/
RUN /opt/ec2ir/bin/pip install --no-cache-dir --require-hashes -r locks/runtime.txt \
 && python -m venv /opt/build \
 && /opt/build/bin/pip install --no-cache-dir --require-hashes -r locks/build.txt
COPY . .
RUN /opt/build/bin/python -m hatchling build -t wheel -d /dist \
 && /opt/ec2ir/bin/pip install --no-cache-dir --no-deps /dist/*.whl

FROM python:3.11-slim-bookworm
# Nothing in the image needs to be written to but the data directory, which holds SQLite when no database is named.
RUN useradd --system --uid 10001 --home-dir /var/lib/ec2ir --create-home ec2ir
COPY --from=build /opt/ec2ir /opt/ec2ir
ENV PATH=/opt/ec2ir/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    XDG_DATA_HOME=/var/lib \
    EC2IR_HTTP_HOST=0.0.0.0
USER ec2ir
WORKDIR /var/lib/ec2ir
EXPOSE 3000
HEALTHCHECK --interval=15s --timeout=3s --start-period=10s \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ.get('EC2IR_HTTP_PORT', '3000')}/healthz\", timeout=2)"]
ENTRYPOINT ["ec2ir"]
CMD ["serve"]
