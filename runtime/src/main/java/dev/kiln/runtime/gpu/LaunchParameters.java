package dev.kiln.runtime.gpu;

import dev.kiln.compiler.gpu.KernelAbi;
import java.lang.foreign.MemorySegment;

/**
 * Puts the arguments of a launch where a kernel's entry expects its parameters. Every launcher of
 * GPU kernels does so by this class; {@code docs/abi.md} explains it for other languages.
 *
 * @param kernel the kernel's name, for messages
 */
public record LaunchParameters(String kernel, KernelAbi abi) {
  /** Makes the 128 bytes of a tensor map; the driver does it for a GPU. */
  public interface MapEncoder {
    byte[] encode(TensorMapRequest map);
  }

  /** Puts a tensor map where the entry expects it; for launchers that keep those they made. */
  public interface MapWriter {
    /**
     * Writes 128 bytes at the parameter's offset.
     *
     * @param arguments of the launch
     * @param block the parameters of the entry
     */
    void write(KernelAbi.Parameter parameter, MemorySegment arguments, MemorySegment block);
  }

  /** Bytes of global scratch memory that a launch over so many programs needs. */
  public long scratchBytes(int gridX, int gridY, int gridZ) {
    return abi.scratchBytesPerProgram() == 0
        ? 0
        : Math.multiplyExact(abi.scratchBytesPerProgram(), (long) gridX * gridY * gridZ);
  }

  /**
   * Writes the parameters.
   *
   * @param arguments 8 bytes for each run-time argument, as {@link
   *     dev.kiln.runtime.Device.LoadedKernel#launch} takes them
   * @param scratch address of {@link #scratchBytes}; of no interest if there are none
   * @param maps makes tensor maps
   * @param block {@link KernelAbi#parameterBytes} bytes or more
   * @throws dev.kiln.runtime.LaunchException if there can be no tensor map for a descriptor
   */
  public void write(MemorySegment arguments, long scratch, MapEncoder maps, MemorySegment block) {
    writeWith(
        arguments,
        scratch,
        (parameter, values, target) -> {
          byte[] map = maps.encode(map(parameter, values));
          MemorySegment.copy(
              MemorySegment.ofArray(map), 0, target, parameter.offset(), parameter.bytes());
        },
        block);
  }

  /**
   * What a parameter that is a tensor map asks for.
   *
   * @throws dev.kiln.runtime.LaunchException if there can be no tensor map for the descriptor
   */
  public TensorMapRequest map(KernelAbi.Parameter parameter, MemorySegment arguments) {
    return TensorMapRequest.of(kernel, parameter, arguments);
  }

  /** {@link #write} without allocating, apart from what {@code maps} does. */
  public void writeWith(
      MemorySegment arguments, long scratch, MapWriter maps, MemorySegment block) {
    for (int i = 0; i < abi.parameters().size(); i++) {
      KernelAbi.Parameter parameter = abi.parameters().get(i);
      switch (parameter.kind()) {
        case POINTER, SCALAR ->
            MemorySegment.copy(
                arguments,
                (long) Long.BYTES * parameter.argument(),
                block,
                parameter.offset(),
                parameter.bytes());
        case TENSOR_MAP -> maps.write(parameter, arguments, block);
        case SCRATCH ->
            block.set(
                java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED, parameter.offset(), scratch);
      }
    }
  }
}
