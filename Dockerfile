FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY app app
COPY kb kb
COPY indexes/encoder indexes/encoder
RUN python -m venv /opt/yiboshi && /opt/yiboshi/bin/pip install --no-cache-dir .

FROM python:3.12-slim
COPY --from=build /opt/yiboshi /opt/yiboshi
RUN useradd --system --create-home --home-dir /data --uid 10001 yiboshi
USER 10001
ENV PATH=/opt/yiboshi/bin:$PATH \
    YIBOSHI_HOST=0.0.0.0 \
    YIBOSHI_DATA_DIR=/data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=3s --start-period=60s \
    CMD ["python", "-c", "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8000, timeout=2); c.request('GET', '/readyz'); raise SystemExit(c.getresponse().status != 200)"]
CMD ["yiboshi", "serve"]
