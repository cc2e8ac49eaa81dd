package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.ir.DType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The functions of NVIDIA's libdevice under their names in Triton. The types that each takes are a
 * table beside this class; what it computes is Java ({@link LibdeviceFunctions}) or a function of
 * the prelude, {@code libdevice_NAME}.
 */
final class LibdeviceOperations {
  static final String MODULE = "triton.language.extra.libdevice";

  private static final String TABLE = "libdevice.tsv";

  private LibdeviceOperations() {}

  /** The argument types that a function takes, and what it then returns. */
  record Overload(List<DType> parameters, DType result) {
    @Override
    public String toString() {
      return parameters.stream()
          .map(DType::languageName)
          .collect(Collectors.joining(", ", "(", ")"));
    }
  }

  static void addTo(OperationTable table) {
    var rows = table.rows(Category.LIBDEVICE, MODULE);
    for (String line : lines()) {
      String[] fields = line.split("\t");
      String name = fields[0];
      String signature = name + "(" + fields[1].replace(",", ", ") + ")";
      List<Overload> overloads =
          Arrays.stream(fields[2].split(" "))
              .map(LibdeviceOperations::overload)
              .filter(overload -> LibdeviceFunctions.has(name, overload.result()))
              .toList();
      String dtypes =
          overloads.stream()
              .map(Overload::toString)
              .map(text -> text.substring(1, text.length() - 1))
              .collect(Collectors.joining("; "));
      Optional<LibdeviceFunctions.Function> function = LibdeviceFunctions.find(name);
      if (function.isPresent()) {
        rows.add(signature, dtypes, args -> call(args, overloads, function.get()));
      } else {
        rows.missing(signature, dtypes);
      }
    }
  }

  private static List<String> lines() {
    try (var in = LibdeviceOperations.class.getResourceAsStream(TABLE)) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return text.lines().filter(line -> !line.startsWith("#")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Overload overload(String text) {
    int arrow = text.indexOf("->");
    List<DType> parameters =
        Arrays.stream(text.substring(1, arrow - 1).split(","))
            .map(name -> DType.parse(name).orElseThrow())
            .toList();
    return new Overload(parameters, DType.parse(text.substring(arrow + 2)).orElseThrow());
  }

  private static FrontValue call(
      Arguments args, List<Overload> overloads, LibdeviceFunctions.Function function) {
    FrontContext ctx = args.context();
    List<Tensor> values = new ArrayList<>();
    int arity = overloads.getFirst().parameters().size();
    for (int i = 0; i < arity; i++) {
      values.add(args.tensor("xyzw".substring(i, i + 1)));
    }
    List<Tensor> same = Broadcasting.together(ctx, values);
    Optional<Overload> exact = find(overloads, dtypes(args, same));
    if (exact.isEmpty()) {
      DType common = common(args, same);
      same = same.stream().map(value -> Casting.number(ctx, value, common)).toList();
      exact = find(overloads, dtypes(args, same));
    }
    Overload overload = exact.orElseThrow(() -> mismatch(args, overloads, values));
    Tensor result = function.apply(ctx, same);
    return Casting.number(ctx, result, overload.result());
  }

  private static List<DType> dtypes(Arguments args, List<Tensor> values) {
    return values.stream()
        .map(
            value -> {
              if (value.type().isPointer()) {
                throw args.error("expected numbers, got " + value.type());
              }
              return value.type().dtype();
            })
        .toList();
  }

  private static DType common(Arguments args, List<Tensor> values) {
    DType dtype = values.getFirst().type().dtype();
    for (Tensor value : values) {
      dtype =
          Promotion.computation(args.context(), dtype, false, value.type().dtype(), false, false);
    }
    return dtype;
  }

  private static Optional<Overload> find(List<Overload> overloads, List<DType> dtypes) {
    return overloads.stream().filter(one -> one.parameters().equals(dtypes)).findFirst();
  }

  private static RuntimeException mismatch(
      Arguments args, List<Overload> overloads, List<Tensor> values) {
    String given =
        values.stream()
            .map(value -> value.type().element().display())
            .collect(Collectors.joining(", ", "(", ")"));
    return args.error(
        "does not take %s; it takes %s"
            .formatted(
                given,
                overloads.stream().map(Overload::toString).collect(Collectors.joining(", "))),
        "cast with .to(...)");
  }

  static FrontValue prelude(FrontContext ctx, String name, List<Tensor> args) {
    return ctx.callPrelude("libdevice_" + name, List.copyOf(args), Map.of());
  }
}
