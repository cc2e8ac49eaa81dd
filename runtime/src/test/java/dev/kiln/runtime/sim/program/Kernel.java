package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.exec.Code;
import dev.kiln.runtime.sim.exec.Executor;
import dev.kiln.runtime.sim.exec.ExecutorOptions;
import dev.kiln.runtime.sim.exec.GridRun;
import dev.kiln.runtime.sim.exec.LaunchShape;
import dev.kiln.runtime.sim.memory.AddressSpace;
import dev.kiln.runtime.sim.memory.Region;
import dev.kiln.runtime.sim.ptx.Variable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Texts of small modules, and launches of one warp that hands results back through memory. */
final class Kernel {
  static final String HEADER = ".version 9.0\n.target sm_90\n.address_size 64\n";
  static final long STACK = 4096;
  private static final int RESULTS = 64;

  private Kernel() {}

  /** A module whose header takes three lines. */
  static PtxModule module(String text) {
    return PtxModule.parse("test.ptx", HEADER + text);
  }

  /** The program of an entry of a module; variables lie one after the other from 4096 on. */
  static Program program(PtxModule module, String entry) {
    Map<Variable, Long> places = new HashMap<>();
    long next = 4096;
    for (Variable variable : module.variables()) {
      places.put(variable, next);
      next += FunctionText.alignUp(variable.size(), 256);
    }
    return module.program(entry, places::get, STACK);
  }

  /**
   * Runs the entry {@code k(.param .u64 out, .param .u32 n)} for 32 threads.
   *
   * @return the first 64 ints of what {@code out} points to
   */
  static int[] run(String text, int n) {
    PtxModule module = module(text);
    try (AddressSpace memory = new AddressSpace();
        Arena arena = Arena.ofConfined()) {
      Region out = memory.allocate("out", 4 * RESULTS);
      out.bytes().fill((byte) 0);
      Map<Variable, Region> places = new HashMap<>();
      for (Variable variable : module.variables()) {
        Region region =
            memory.variable(
                variable.name(), variable.space(), variable.size(), variable.alignment());
        places.put(variable, region);
      }
      Addresses addresses = variable -> places.get(variable).start();
      places.forEach(
          (variable, region) -> {
            byte[] bytes = module.initialBytes(variable, addresses);
            MemorySegment.copy(bytes, 0, region.bytes(), ValueLayout.JAVA_BYTE, 0, bytes.length);
          });
      Program program = module.program("k", addresses, STACK);
      MemorySegment parameters = arena.allocate(16);
      parameters.set(ValueLayout.JAVA_LONG, 0, out.start());
      parameters.set(ValueLayout.JAVA_INT, 8, n);
      GridRun grid = new GridRun(memory, memory.parameters(parameters), LaunchShape.of(1, 32));
      new Executor(new Code(program), grid, ExecutorOptions.standard().withLimits(1 << 20, 0))
          .run(thread -> null);
      return out.bytes().toArray(ValueLayout.JAVA_INT_UNALIGNED);
    }
  }

  /** An entry {@code k} that stores {@code %r0} of thread {@code i} in element {@code i}. */
  static String storing(String body) {
    return """
    .visible .entry k(.param .u64 out, .param .u32 n) {
      .reg .b64 %out<3>;
      .reg .b32 %r<20>;
      .reg .b64 %rd<20>;
      .reg .pred %p<10>;
      ld.param.u64 %out0, [out];
      mov.u32 %r19, %tid.x;
      mul.wide.u32 %out1, %r19, 4;
      add.u64 %out2, %out0, %out1;
      ld.param.u32 %r18, [n];
    """
        + body
        + """
          st.global.u32 [%out2], %r0;
          ret;
        }
        """;
  }

  static List<String> messages(List<?> diagnostics) {
    return diagnostics.stream().map(Object::toString).toList();
  }
}
