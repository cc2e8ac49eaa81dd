package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.TensorType;
import dev.kiln.compiler.ir.DType;
import java.util.List;

/** What a kernel may ask of the machine that it is compiled for or runs on. */
final class MachineOperations {
  static final String CUDA = "triton.language.extra.cuda";
  static final String TARGET = "triton.language.target_info";

  private static final int THREADS_IN_WARP = 32;

  private MachineOperations() {}

  static void addTo(OperationTable table) {
    var cuda = table.rows(Category.MACHINE, CUDA);
    cuda.add("globaltimer()", "→ int64", args -> special(args, "globaltimer", DType.I64))
        .note("nanoseconds")
        .add("smid()", "→ int32", args -> special(args, "smid", DType.I32))
        .note("on the CPU, the worker that runs the program")
        .add("num_warps()", "constant", args -> constant(warps(args)))
        .add("num_threads()", "constant", args -> constant(warps(args) * THREADS_IN_WARP))
        .add("gdc_wait()", "", args -> MemoryOperations.NOTHING)
        .note("no effect")
        .add("gdc_launch_dependents()", "", args -> MemoryOperations.NOTHING)
        .note("no effect")
        .prelude(
            "convert_custom_float8_sm70(arg, dst_ty, fp_downcast_rounding=None)",
            "float8e4b15, float16, float32")
        .note("as x.to")
        .prelude(
            "convert_custom_float8_sm80(arg, dst_ty, fp_downcast_rounding=None)",
            "float8e4b15, float16, float32")
        .note("as x.to")
        .missing("experimental_device_tensormap_create2d(*args)", "");
    var target = table.rows(Category.MACHINE, TARGET);
    target
        .add("current_target()", "constant", args -> new Constexpr(args.context().target().label()))
        .note("the target's name")
        .add("is_cuda()", "constant", args -> new Constexpr(args.context().target().isGpu()))
        .add("cuda_capability_geq(major, minor=0)", "constant", MachineOperations::atLeast);
    for (String name : List.of("is_hip", "is_hip_cdna3", "is_hip_cdna4", "is_hip_gfx1250")) {
      target.add(name + "()", "constant", args -> new Constexpr(false));
    }
    table
        .rows(Category.MACHINE, "triton.language")
        .missing("extern_elementwise(lib_name, lib_path, args, arg_type_symbol_dict, is_pure)", "");
  }

  private static FrontValue special(Arguments args, String register, DType dtype) {
    return new Tensor(args.builder().readSpecial(register, dtype), TensorType.scalar(dtype));
  }

  private static long warps(Arguments args) {
    return args.context().specialization().options().numWarps();
  }

  private static FrontValue constant(long value) {
    return new Constexpr(value);
  }

  private static FrontValue atLeast(Arguments args) {
    Target target = args.context().target();
    int wanted = args.integer("major") * 10 + args.integer("minor");
    return new Constexpr(target.isGpu() && capability(target) >= wanted);
  }

  /** {@code 90} for {@code sm_90a}. */
  private static int capability(Target target) {
    return Integer.parseInt(target.label().replaceAll("\\D", ""));
  }
}
