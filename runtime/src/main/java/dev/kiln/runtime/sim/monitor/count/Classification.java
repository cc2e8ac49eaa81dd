package dev.kiln.runtime.sim.monitor.count;

import static dev.kiln.runtime.sim.monitor.count.InstructionClass.ASYNC_COPY;
import static dev.kiln.runtime.sim.monitor.count.InstructionClass.BARRIER;
import static dev.kiln.runtime.sim.monitor.count.InstructionClass.CONTROL;
import static dev.kiln.runtime.sim.monitor.count.InstructionClass.CONVERSION;
import static dev.kiln.runtime.sim.monitor.count.InstructionClass.GLOBAL;
import static dev.kiln.runtime.sim.monitor.count.InstructionClass.INTEGER;
import static dev.kiln.runtime.sim.monitor.count.InstructionClass.MOVE;
import static dev.kiln.runtime.sim.monitor.count.InstructionClass.SHARED;
import static dev.kiln.runtime.sim.monitor.count.InstructionClass.SHUFFLE;
import static dev.kiln.runtime.sim.monitor.count.InstructionClass.SPECIAL;
import static dev.kiln.runtime.sim.monitor.count.InstructionClass.TENSOR;

import dev.kiln.runtime.sim.ptx.PtxType;
import dev.kiln.runtime.sim.ptx.Statement.Instruction;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** The class of each instruction: a table by opcode, refined by type, space or second word. */
public final class Classification {
  private static final Map<String, Function<Instruction, InstructionClass>> RULES = new HashMap<>();

  static {
    // By type: the same opcode is an integer or a floating-point operation.
    put(Classification::byType, "add", "sub", "mul", "mad", "fma", "abs", "neg", "min", "max");
    put(Classification::byType, "copysign", "testp", "setp");
    put(Classification::byLastType, "set");
    put(Classification::functionByType, "div", "rcp", "sqrt", "rsqrt", "ex2", "lg2");
    put(SPECIAL, "sin", "cos", "tanh");
    put(INTEGER, "addc", "subc", "madc", "mul24", "mad24", "sad", "rem", "dp4a", "dp2a");
    put(INTEGER, "popc", "clz", "bfind", "fns", "brev", "bfe", "bfi", "szext", "bmsk");
    put(INTEGER, "and", "or", "xor", "not", "cnot", "lop3", "shl", "shr", "shf", "prmt");
    // These select bits, whatever they mean.
    put(INTEGER, "selp", "slct");
    put(INTEGER, "vadd", "vsub", "vabsdiff", "vmin", "vmax", "vshl", "vshr", "vmad", "vset");
    put(INTEGER, "vadd2", "vsub2", "vavrg2", "vabsdiff2", "vmin2", "vmax2", "vset2");
    put(INTEGER, "vadd4", "vsub4", "vavrg4", "vabsdiff4", "vmin4", "vmax4", "vset4");
    put(CONVERSION, "cvt");
    put(CONTROL, "bra", "brx", "call", "ret", "exit", "trap", "brkpt", "nanosleep", "pmevent");
    put(CONTROL, "clusterlaunchcontrol");
    // Memory.
    put(Classification::bySpace, "ld", "ldu", "st", "atom", "red", "prefetch", "prefetchu");
    put(GLOBAL, "multimem", "applypriority", "discard");
    put(GLOBAL, "tex", "tld4", "suld", "sust", "sured");
    put(SHARED, "ldmatrix", "stmatrix");
    put(ASYNC_COPY, "cp");
    // Tensor cores: what moves fragments is memory, what orders products is a barrier.
    put(TENSOR, "mma", "tcgen05");
    put(Classification::wmma, "wmma");
    put(i -> i.modifiers().contains("mma_async") ? TENSOR : BARRIER, "wgmma");
    // Lanes and threads together.
    put(SHUFFLE, "shfl", "vote", "match", "redux", "elect", "activemask", "movmatrix");
    put(BARRIER, "bar", "barrier", "mbarrier", "fence", "membar", "griddepcontrol");
    put(MOVE, "mov", "cvta", "isspacep", "mapa", "getctarank", "createpolicy", "setmaxnreg");
    put(MOVE, "tensormap", "alloca", "stacksave", "stackrestore", "istypep", "txq", "suq");
  }

  private Classification() {}

  private static void put(InstructionClass always, String... opcodes) {
    put(instruction -> always, opcodes);
  }

  private static void put(Function<Instruction, InstructionClass> rule, String... opcodes) {
    for (String opcode : opcodes) {
      if (RULES.put(opcode, rule) != null) {
        throw new IllegalStateException("two rules for " + opcode);
      }
    }
  }

  /** The class of an instruction; MOVE for an opcode that is in no table. */
  public static InstructionClass of(Instruction instruction) {
    return RULES.getOrDefault(instruction.opcode(), other -> MOVE).apply(instruction);
  }

  /** Whether the table has the opcode. */
  static boolean knows(String opcode) {
    return RULES.containsKey(opcode);
  }

  /** The types among the modifiers, in order. */
  static List<PtxType> types(Instruction instruction) {
    return instruction.modifiers().stream().map(PtxType::parse).flatMap(Optional::stream).toList();
  }

  private static InstructionClass byType(Instruction instruction) {
    return types(instruction).stream().findFirst().map(Classification::ofType).orElse(INTEGER);
  }

  /** The result's type stands first, that of the numbers last. */
  private static InstructionClass byLastType(Instruction instruction) {
    List<PtxType> types = types(instruction);
    return types.isEmpty() ? INTEGER : ofType(types.getLast());
  }

  private static InstructionClass ofType(PtxType type) {
    return switch (type) {
      case F32, F32X2, TF32 -> InstructionClass.FP32;
      case F16, F16X2, BF16, BF16X2 -> InstructionClass.FP16;
      case F64 -> InstructionClass.FP64;
      default -> INTEGER;
    };
  }

  /** Doubles and integers have no special function unit: their functions are sums of products. */
  private static InstructionClass functionByType(Instruction instruction) {
    InstructionClass arithmetic = byType(instruction);
    return switch (arithmetic) {
      case FP32, FP16 -> SPECIAL;
      default -> arithmetic;
    };
  }

  private static InstructionClass wmma(Instruction instruction) {
    return instruction.modifiers().contains("mma") ? TENSOR : bySpace(instruction);
  }

  private static InstructionClass bySpace(Instruction instruction) {
    for (String word : instruction.modifiers()) {
      switch (word) {
        case "global" -> {
          return GLOBAL;
        }
        case "shared", "shared::cta", "shared::cluster" -> {
          return SHARED;
        }
        case "local" -> {
          return InstructionClass.LOCAL;
        }
        case "const" -> {
          return InstructionClass.CONSTANT;
        }
        case "param", "param::entry", "param::func" -> {
          return InstructionClass.PARAMETER;
        }
        default -> {}
      }
    }
    return InstructionClass.GENERIC;
  }
}
