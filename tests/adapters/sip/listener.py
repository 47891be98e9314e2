"""A telephone of pjsua2: takes one call, presses the keys it is told to, and records what it hears.

python listener.py PORT KEYS RECORDING; prints "there" once it can be called.
"""

from __future__ import annotations

import sys
import time

import pjsua2 as pj


class Call(pj.Call):
    taken = 0.0
    over = False
    recorder = None

    def onCallState(self, _prm):
        info = self.getInfo()
        if info.state == pj.PJSIP_INV_STATE_CONFIRMED:
            self.taken = time.monotonic()
        self.over = info.state == pj.PJSIP_INV_STATE_DISCONNECTED

    def onCallMediaState(self, _prm):
        if self.recorder is None:
            self.recorder = pj.AudioMediaRecorder()
            self.recorder.createRecorder(sys.argv[3])
            self.getAudioMedia(-1).startTransmit(self.recorder)


class Account(pj.Account):
    call = None

    def onIncomingCall(self, prm):
        self.call = Call(self, prm.callId)
        answer = pj.CallOpParam(True)
        answer.statusCode = 200
        self.call.answer(answer)


def main() -> None:
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    settings = pj.EpConfig()
    settings.uaConfig.threadCnt, settings.uaConfig.mainThreadOnly = 0, True
    settings.medConfig.threadCnt, settings.medConfig.hasIoqueue = 0, False
    settings.logConfig.level = settings.logConfig.consoleLevel = 0
    endpoint.libInit(settings)
    bound = pj.TransportConfig()
    bound.boundAddress, bound.port = "127.0.0.1", int(sys.argv[1])
    endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, bound)
    endpoint.libStart()
    endpoint.audDevManager().setNullDev()
    ours = pj.AccountConfig()
    ours.idUri = "sip:client@127.0.0.1"
    ours.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
    account = Account()
    account.create(ours)
    print("there", flush=True)
    keys, until = sys.argv[2], time.monotonic() + 20
    while time.monotonic() < until and not (account.call and account.call.over):
        endpoint.libHandleEvents(20)
        taken = account.call.taken if account.call else 0.0
        if keys and taken and time.monotonic() - taken > 1.0:
            account.call.dialDtmf(keys)
            keys = ""
    account.call = None
    del account
    endpoint.libDestroy()


if __name__ == "__main__":
    main()
