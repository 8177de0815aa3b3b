"""What graphs are planned for: a device at hand, or one that is only described."""

import json
from typing import Any, Self
from weakref import WeakKeyDictionary, finalize

from ...proto import ConfigError
from .library import frontend, version

_targets: WeakKeyDictionary[Any, "Target"] = WeakKeyDictionary()


class Target:
    """A device as cuDNN plans for it.

    `options` go to every graph; `handle` runs them, in order, on the stream of the device. A
    described device has none: for it graphs are planned, not run.
    """

    def __init__(self, name: str, options: dict[str, Any], handle: int | None):
        self.name, self.options, self.handle = name, options, handle

    @classmethod
    def of(cls, gpu: Any) -> Self:
        """The target of a core.gpu.Gpu, the same at each call.

        Raises ConfigError if cuDNN is installed but cannot use the device.
        """
        if gpu not in _targets:
            cudnn = frontend()
            gpu.activate()
            try:
                handle = cudnn.create_handle()
            except RuntimeError as problem:
                raise ConfigError(
                    f'device "gpu:{gpu.ordinal}" ({gpu.name}): cuDNN {version()} cannot use it: '
                    f"{problem}; see whether nvidia-smi shows a driver for CUDA 13 or later, or "
                    "set CORTADO_KERNELS=onednn,numba,numpy to do without cuDNN"
                ) from None
            target = cls(gpu.name, {"handle": handle}, handle)
            # At exit the driver may be gone before the handle is.
            finalize(target, cudnn.destroy_handle, handle).atexit = False
            cudnn.set_stream(handle, gpu.stream)
            _targets[gpu] = target
        return _targets[gpu]  # type: ignore[return-value]

    @classmethod
    def described(cls, properties: dict[str, Any]) -> Self:
        """One that need not be there, from what cuDNN's own description of a device says.

        cudnn.create_device_properties(0).serialize() gives such a description where there is one.
        """
        device = frontend().create_device_properties(json.dumps(properties))
        return cls(properties["deviceName"], {"device_property": device}, None)
