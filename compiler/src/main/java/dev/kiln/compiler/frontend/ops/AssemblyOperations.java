package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.FrontValue.TupleValue;
import dev.kiln.compiler.frontend.TensorType;
import dev.kiln.compiler.ir.AsmConstraints;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** PTX that a kernel brings along. */
final class AssemblyOperations {
  private AssemblyOperations() {}

  static void addTo(OperationTable table) {
    table
        .rows(Category.HINT, "triton.language")
        .addForGpus(
            "inline_asm_elementwise(asm, constraints, args, dtype, is_pure, pack)",
            "all",
            AssemblyOperations::inline)
        .note("PTX");
  }

  private static FrontValue inline(Arguments args) {
    List<Tensor> inputs = Broadcasting.together(args.context(), args.tensors("args"));
    Shape shape = inputs.isEmpty() ? Shape.of() : inputs.getFirst().type().shape();
    List<TensorType> types = new ArrayList<>();
    Optional<List<FrontValue>> several = Sequences.items(args.value("dtype"));
    for (FrontValue dtype : several.orElseGet(() -> List.of(args.value("dtype")))) {
      types.add(new TensorType(element(args, dtype), shape));
    }
    if (types.isEmpty()) {
      throw args.error("needs at least one dtype");
    }
    List<Value> results = types.stream().map(type -> new Value(type.irType())).toList();
    List<Value> operands = inputs.stream().map(Tensor::value).toList();
    int pack = args.integer("pack");
    args.builder()
        .append(
            new ComputeOp.InlineAsm(
                args.builder().location(),
                results,
                operands,
                args.text("asm"),
                constraints(args, results, operands, pack),
                pack,
                args.flag("is_pure")));
    List<FrontValue> tensors = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      tensors.add(new Tensor(results.get(i), types.get(i)));
    }
    return several.isPresent() ? new TupleValue(tensors) : tensors.getFirst();
  }

  private static TensorType.Element element(Arguments args, FrontValue dtype) {
    return Types.element(dtype)
        .orElseThrow(
            () ->
                args.error(
                    "'dtype' must be a dtype or a tuple of dtypes, got "
                        + Typing.describe(args.value("dtype"))));
  }

  private static AsmConstraints constraints(
      Arguments args, List<Value> results, List<Value> operands, int pack) {
    AsmConstraints constraints;
    try {
      constraints = AsmConstraints.parse(args.text("constraints"));
    } catch (IllegalArgumentException e) {
      throw args.error(e.getMessage());
    }
    Optional<String> fault =
        constraints.fault(
            results.stream().map(Value::type).toList(),
            operands.stream().map(Value::type).toList(),
            pack);
    if (fault.isPresent()) {
      throw args.error(fault.get());
    }
    return constraints;
  }
}
