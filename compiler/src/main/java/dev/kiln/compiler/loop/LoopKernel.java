package dev.kiln.compiler.loop;

import dev.kiln.compiler.ir.TileFunction;
import java.util.List;

/**
 * A kernel as scalar code that runs loop nests.
 *
 * @param params the run-time arguments; argument {@code i} lies in the launch's argument block at
 *     byte {@code 8 i}, as an address, a sign-extended integer, or the raw bits of a float in the
 *     low bytes
 * @param scratchBytes size of the scratch memory of one program instance; its start is 64-byte
 *     aligned
 */
public record LoopKernel(
    String name, List<TileFunction.Param> params, List<LoopStmt> body, long scratchBytes) {
  public LoopKernel {
    params = List.copyOf(params);
    body = List.copyOf(body);
  }
}
