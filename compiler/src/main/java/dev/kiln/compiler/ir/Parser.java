package dev.kiln.compiler.ir;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.diagnostics.Source;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads the text that {@link Printer} writes. It checks the grammar and that names are defined once
 * and before their use; types and everything else are left to {@link Verifier}.
 *
 * <p>Operations without a {@code loc} carry their own position in the text.
 */
public final class Parser {
  private final TextCursor cursor;
  private final Map<String, Source> sources = new HashMap<>();
  private final Map<String, Value> values = new HashMap<>();
  private final OpParser ops;
  private Source kernelSource;

  private Parser(Source source) {
    this.cursor = new TextCursor(source);
    this.ops = new OpParser(this, cursor);
  }

  /**
   * Reads all functions of a text.
   *
   * @throws CompilationException with line and column where the text is not tile IR
   */
  public static List<TileFunction> parse(Source source) {
    var parser = new Parser(source);
    var functions = new ArrayList<TileFunction>();
    while (!parser.cursor.atEnd()) {
      functions.add(parser.function());
    }
    return functions;
  }

  /** Reads a text that holds one function. */
  public static TileFunction parseFunction(String text) {
    var source = new Source("<tir>", text);
    List<TileFunction> functions = parse(source);
    if (functions.size() != 1) {
      throw CompilationException.at(
          Location.of(source, 1, 1, 2), "expected one function, found " + functions.size());
    }
    return functions.getFirst();
  }

  private TileFunction function() {
    values.clear();
    Location loc = cursor.location();
    cursor.expectWord("func");
    cursor.expect('@');
    String name = cursor.word("the name of the function");
    cursor.expect('(');
    var params = new ArrayList<TileFunction.Param>();
    while (!cursor.accept(')')) {
      params.add(param());
      separator(')');
    }
    kernelSource = new Source("<kernel>", "");
    if (cursor.acceptWord("loc")) {
      cursor.expect('(');
      kernelSource = source(cursor.string());
      cursor.expect(':');
      loc = position(kernelSource);
      cursor.expect(')');
    }
    List<Value> blockParams = params.stream().map(TileFunction.Param::value).toList();
    return new TileFunction(loc, name, params, new Block(blockParams, blockBody()));
  }

  private TileFunction.Param param() {
    String name = valueName();
    cursor.expect(':');
    boolean isPointer = cursor.accept('*');
    DType dtype = dtype(cursor.word("a dtype"));
    Attributes attributes = Attributes.parse(cursor);
    Value value =
        define(name, isPointer ? Type.pointer(dtype) : new Type.Scalar(dtype.signless()), cursor);
    var param =
        new TileFunction.Param(
            attributes.string("name").orElse(name),
            value,
            dtype,
            attributes.integer("divisibility").orElse(1),
            attributes.flag("const"));
    attributes.finish();
    return param;
  }

  /** After an item of a list: a comma, or the closing mark, which is left in place. */
  void separator(char close) {
    if (!cursor.accept(',') && !cursor.at(close)) {
      throw cursor.expected("',' or '" + close + "'");
    }
  }

  /** Operations in braces. */
  private List<Op> blockBody() {
    cursor.expect('{');
    var body = new ArrayList<Op>();
    while (!cursor.accept('}')) {
      body.add(ops.parse());
    }
    return body;
  }

  Block block(List<Value> params) {
    return new Block(params, blockBody());
  }

  /** {@code (%a: fp32, %b: i32)}; with inits {@code (%a: fp32 = %x)}, which are added to a list. */
  List<Value> blockParams(Optional<List<Value>> inits) {
    cursor.expect('(');
    var names = new ArrayList<String>();
    var types = new ArrayList<Type>();
    while (!cursor.accept(')')) {
      names.add(valueName());
      cursor.expect(':');
      types.add(type());
      if (inits.isPresent()) {
        cursor.expect('=');
        inits.get().add(use());
      }
      separator(')');
    }
    var params = new ArrayList<Value>();
    for (int i = 0; i < names.size(); i++) {
      params.add(define(names.get(i), types.get(i), cursor));
    }
    return params;
  }

  String valueName() {
    if (!cursor.at('%')) {
      throw cursor.expected("a value such as %x");
    }
    cursor.accept('%');
    return cursor.word("the name of a value");
  }

  Value define(String name, Type type, TextCursor at) {
    Value value = new Value(type, Character.isDigit(name.charAt(0)) ? "" : name);
    if (values.put(name, value) != null) {
      throw at.error("%" + name + " is defined twice");
    }
    return value;
  }

  Value use() {
    Location loc = cursor.location();
    String name = valueName();
    Value value = values.get(name);
    if (value == null) {
      throw CompilationException.at(loc, "%" + name + " is not defined before its use");
    }
    return value;
  }

  /** Values with commas between; empty if none comes next. */
  List<Value> uses() {
    var operands = new ArrayList<Value>();
    if (cursor.at('%')) {
      do {
        operands.add(use());
      } while (cursor.accept(','));
    }
    return operands;
  }

  Type type() {
    if (!cursor.atWord("tile")) {
      return elementType();
    }
    Location loc = cursor.location();
    cursor.expectWord("tile");
    cursor.expect('<');
    String text = cursor.until('>');
    String[] parts = text.strip().split("x");
    try {
      int[] dims = new int[parts.length - 1];
      for (int i = 0; i < dims.length; i++) {
        dims[i] = Integer.parseInt(parts[i].strip());
      }
      String element = parts[parts.length - 1].strip();
      boolean isPointer = element.startsWith("*");
      DType dtype = dtype(isPointer ? element.substring(1) : element);
      return new Type.Tile(
          isPointer ? new Type.Pointer(dtype) : new Type.Scalar(dtype), Shape.of(dims));
    } catch (NumberFormatException e) {
      throw CompilationException.at(
          loc, "expected a shape and an element such as tile<128x64xfp32>, found <" + text + ">");
    }
  }

  private Type elementType() {
    boolean isPointer = cursor.accept('*');
    DType dtype = dtype(cursor.word("a type"));
    return isPointer ? new Type.Pointer(dtype) : new Type.Scalar(dtype);
  }

  private DType dtype(String name) {
    return DType.parse(name).orElseThrow(() -> cursor.error("'" + name + "' is not a dtype"));
  }

  /** {@code loc(3:5)} if it comes next, else the given position. */
  Location location(Location otherwise) {
    if (!cursor.acceptWord("loc")) {
      return otherwise;
    }
    cursor.expect('(');
    Location loc = sourcePosition();
    cursor.expect(')');
    return loc;
  }

  private Location sourcePosition() {
    Source source = kernelSource;
    if (cursor.at('"')) {
      source = source(cursor.string());
      cursor.expect(':');
    }
    Location loc = position(source);
    return cursor.acceptWord("from") ? loc.calledFrom(sourcePosition()) : loc;
  }

  private Location position(Source source) {
    int line = cursor.integer();
    cursor.expect(':');
    int column = cursor.integer();
    return Location.of(source, line, column, column);
  }

  private Source source(String name) {
    return sources.computeIfAbsent(name, n -> new Source(n, ""));
  }
}
