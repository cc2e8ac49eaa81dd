package dev.kiln.compiler.frontend;

import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.TupleValue;
import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.Parameter;
import dev.kiln.compiler.syntax.Stmt;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;

/** The classes of a kernel file that kernels can make objects of. */
final class NamedTuples {
  private NamedTuples() {}

  /** {@code class Name(NamedTuple): field: type = default}. */
  static NamedTupleClass fromClass(ModuleScope module, Stmt.ClassDef definition) {
    return new NamedTupleClass(definition.name(), fields(definition), module);
  }

  /** {@code Name = namedtuple("Name", ["field", ...])}, or with one string of names. */
  static NamedTupleClass fromCall(
      Interpreter interpreter, ModuleScope module, String name, Expr.Call call) {
    var names = new ArrayList<String>();
    if (call.args().size() > 1) {
      FrontValue value = module.evaluate(interpreter, call.args().get(1));
      switch (value) {
        case TupleValue tuple -> tuple.items().forEach(item -> names.add(fieldName(item)));
        case Constexpr text ->
            names.addAll(
                List.of(String.valueOf(text.value()).replace(',', ' ').trim().split("\\s+")));
        default -> {}
      }
    }
    if (names.isEmpty()) {
      throw interpreter.errorAt(call.loc(), "the fields of namedtuple " + name + " are not known");
    }
    List<Parameter> fields =
        names.stream()
            .map(
                field ->
                    new Parameter(
                        call.loc(),
                        field,
                        Parameter.Kind.POSITIONAL_OR_KEYWORD,
                        Optional.empty(),
                        Optional.empty()))
            .toList();
    return new NamedTupleClass(name, fields, module);
  }

  /** A field given as {@code "name"} or as {@code ("name", type)}. */
  private static String fieldName(FrontValue item) {
    return switch (item) {
      case TupleValue pair when !pair.items().isEmpty() -> fieldName(pair.items().getFirst());
      case Constexpr text -> String.valueOf(text.value());
      default -> item.toString();
    };
  }

  /** A class decorated with {@code triton.aggregate}. */
  static AggregateClass aggregate(ModuleScope module, Stmt.ClassDef definition) {
    var methods = new LinkedHashMap<String, JitFunction>();
    for (Stmt statement : definition.body()) {
      if (statement instanceof Stmt.FunctionDef method) {
        boolean constant = method.name().equals("__init__") || module.isConstexprFunction(method);
        methods.put(
            method.name(),
            new JitFunction(method, module, constant ? Frame.Mode.CONSTANT : Frame.Mode.FUNCTION));
      }
    }
    return new AggregateClass(definition.name(), fields(definition), methods, module);
  }

  private static List<Parameter> fields(Stmt.ClassDef definition) {
    var fields = new ArrayList<Parameter>();
    for (Stmt statement : definition.body()) {
      if (statement instanceof Stmt.AnnAssign field && field.target() instanceof Expr.Name name) {
        fields.add(
            new Parameter(
                field.loc(),
                name.id(),
                Parameter.Kind.POSITIONAL_OR_KEYWORD,
                Optional.of(field.annotation()),
                field.value()));
      }
    }
    return fields;
  }
}
