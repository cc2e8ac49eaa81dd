package dev.kiln.runtime.cuda;

import static dev.kiln.runtime.cuda.driver.CudaHeader.cuMemcpyPeerAsync;

import dev.kiln.runtime.DeviceActivity.Direction;

/** Copies between the memories of two GPUs, in the order of the current streams of both. */
final class PeerCopies {
  private PeerCopies() {}

  static void copy(CudaDevice to, long target, CudaDevice from, long source, long bytes) {
    CudaStream there = from.enterStream();
    CudaStream here = to.enterStream();
    here.waitFor(there);
    to.activities()
        .copy(
            Direction.DEVICE_TO_DEVICE,
            bytes,
            here,
            "cuMemcpyPeerAsync",
            () ->
                cuMemcpyPeerAsync(
                    target, to.context(), source, from.context(), bytes, here.handle));
    // What the source's stream does next, a free included, comes after the copy.
    there.waitFor(here);
  }
}
