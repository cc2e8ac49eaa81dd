package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.FrontValue.TupleValue;
import dev.kiln.compiler.frontend.TensorType;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.IrBuilder;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Which program runs, and scalar functions run for each element. */
final class ProgramOperations {
  private ProgramOperations() {}

  static void addTo(OperationTable table) {
    table
        .rows(Category.PROGRAM, "triton.language")
        .add("program_id(axis)", "→ int32", ProgramOperations::programId)
        .add("num_programs(axis)", "→ int32", ProgramOperations::numPrograms)
        .add("map_elementwise(scalar_fn, *args, pack=1)", "all", ProgramOperations::mapElementwise)
        .add("condition(arg1, disable_licm=False)", "int1", args -> args.value("arg1"))
        .note("the test of a `while`; the hint is ignored");
  }

  private static FrontValue programId(Arguments args) {
    return scalar(args.builder().programId(gridAxis(args)));
  }

  private static FrontValue numPrograms(Arguments args) {
    return scalar(args.builder().numPrograms(gridAxis(args)));
  }

  private static Tensor scalar(Value value) {
    return new Tensor(value, TensorType.scalar(DType.I32));
  }

  private static int gridAxis(Arguments args) {
    int axis = args.integer("axis");
    if (axis < 0 || axis > 2) {
      throw args.error("axis must be 0, 1 or 2, got " + axis);
    }
    return axis;
  }

  private static FrontValue mapElementwise(Arguments args) {
    int pack = args.integer("pack");
    if (pack < 1 || Integer.bitCount(pack) != 1) {
      throw args.error("pack must be a power of 2, got " + pack);
    }
    List<Tensor> inputs = Broadcasting.together(args.context(), args.tensors("args"));
    if (inputs.isEmpty()) {
      throw args.error("needs at least one tensor");
    }
    Shape shape = inputs.getFirst().type().shape();
    if (shape.size() % pack != 0) {
      throw args.error(
          "pack %d does not divide the %d elements of %s"
              .formatted(pack, shape.size(), Broadcasting.show(shape)));
    }
    if (shape.rank() == 0) {
      return args.context().call(args.function("scalar_fn"), List.copyOf(inputs), Map.of());
    }
    return new MapRegion(args, inputs, pack).build();
  }

  /** The body of {@code map_elementwise} and what it gives. */
  private static final class MapRegion {
    private final Arguments args;
    private final List<Tensor> inputs;
    private final int pack;
    private final List<Tensor> yielded = new ArrayList<>();
    private boolean single;

    MapRegion(Arguments args, List<Tensor> inputs, int pack) {
      this.args = args;
      this.inputs = inputs;
      this.pack = pack;
    }

    FrontValue build() {
      List<Tensor> params = new ArrayList<>();
      for (Tensor input : inputs) {
        TensorType element = input.type().withShape(Shape.of());
        for (int i = 0; i < pack; i++) {
          params.add(new Tensor(new Value(element.irType()), element));
        }
      }
      IrBuilder builder = args.builder();
      Block body = builder.block(params.stream().map(Tensor::value).toList(), () -> run(params));
      Shape shape = inputs.getFirst().type().shape();
      List<TensorType> types = new ArrayList<>();
      for (int i = 0; i < yielded.size(); i += pack) {
        types.add(yielded.get(i).type().withShape(shape));
      }
      List<Value> results = types.stream().map(type -> new Value(type.irType())).toList();
      List<Value> operands = inputs.stream().map(Tensor::value).toList();
      builder.append(
          new ComputeOp.MapElementwise(builder.location(), results, operands, pack, body));
      List<FrontValue> tensors = new ArrayList<>();
      for (int i = 0; i < results.size(); i++) {
        tensors.add(new Tensor(results.get(i), types.get(i)));
      }
      return single ? tensors.getFirst() : new TupleValue(tensors);
    }

    private void run(List<Tensor> params) {
      FrontValue result =
          args.context().call(args.function("scalar_fn"), List.copyOf(params), Map.of());
      List<FrontValue> items = Sequences.items(result).orElse(List.of(result));
      if (items.size() % pack != 0) {
        throw args.error(
            "scalar_fn returns %d values, which pack %d does not divide"
                .formatted(items.size(), pack));
      }
      single = items.size() == 1;
      for (FrontValue item : items) {
        Tensor value = Typing.toTensor(args.context(), item);
        if (!value.type().isScalar()) {
          throw args.error("scalar_fn must return scalars, got " + value.type());
        }
        yielded.add(value);
      }
      args.builder().yield(yielded.stream().map(Tensor::value).toList());
    }
  }
}
