import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { createProxyServer } from "http-proxy-3";
import { refuseSocket, stampAnswer } from "./answers.ts";
import type { Balancer } from "./balancer.ts";
import { BROKEN, faultOf, NO_PEER } from "./forward.ts";
import type { Service } from "./kong-file.ts";
import type { Visit } from "./visit.ts";

/** Joins a caller that asks for a WebSocket with a target; the answer's status is told once. */
export type Tunnel = (
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  visit: Visit,
  onStatus: (status: number) => void,
) => void;

/** The WebSockets of one service. One that says nothing for `read_timeout` is closed. */
export const createTunnel = (service: Service, balancer: Balancer): Tunnel => {
  const waiting = new WeakMap<IncomingMessage, (answer: IncomingMessage) => void>();
  const proxy = createProxyServer({ changeOrigin: true, connectTimeout: service.connect_timeout });
  proxy.on("proxyReqWs", (outgoing, request) => {
    const onAnswer = waiting.get(request);
    if (onAnswer === undefined) return;
    outgoing.once("upgrade", onAnswer);
    outgoing.once("response", onAnswer);
  });
  proxy.on("open", (upstream) => {
    upstream.setTimeout(service.read_timeout, () => upstream.destroy());
  });
  return (request, socket, head, visit, onStatus) => {
    const target = balancer.next(new Set());
    if (target === undefined) {
      onStatus(NO_PEER.status);
      return refuseSocket(socket, NO_PEER, visit);
    }
    visit.sentMs = performance.now();
    let answered = false;
    waiting.set(request, (answer) => {
      answered = true;
      stampAnswer(answer, visit);
      onStatus(answer.statusCode ?? 0);
    });
    proxy.ws(request, socket, head, { target: target.origin }, (error) => {
      if (answered) return;
      balancer.report(target, faultOf(error, false));
      visit.source = "error";
      onStatus(BROKEN.status);
      refuseSocket(socket, BROKEN, visit);
    });
  };
};
