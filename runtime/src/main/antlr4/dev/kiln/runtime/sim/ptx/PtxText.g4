/**
 * PTX text, as of version 9.0 of the manual.
 *
 * <p>One call of a rule reads one statement; PtxParser walks over the statements and keeps the
 * scopes, so that an error costs a statement only and nesting costs no stack. The grammar knows no
 * instruction: an opcode with its modifiers is a word, and operands are terms. Every decision is made
 * by the next token, except where a comment says otherwise; what that leaves open (which operators
 * suit which operands, what an initialiser may hold, which directives know numbers) is told by the
 * classes that build the tree.
 */
grammar PtxText;

// ---- statements of a module

header
  : VERSION FLOAT
  | TARGET WORD (COMMA WORD)*
  | ADDRESS_SIZE INTEGER
  ;

file: FILE INTEGER STRING (COMMA INTEGER COMMA INTEGER)?;

alias: ALIAS WORD COMMA WORD SEMICOLON;

pragma: PRAGMA STRING (COMMA STRING)* SEMICOLON;

/** A function's head; what follows is its body or a semicolon. */
function
  : linkage*
    ( ENTRY WORD parameters? performance*
    | FUNC attribute? results? WORD parameters? performance*
    )
  ;

results: parameters;

linkage: EXTERN | VISIBLE | WEAK | COMMON;

performance
  : DIRECTIVE (INTEGER (COMMA INTEGER)*)?
  | pragma
  ;

parameters: LPAREN (parameter (COMMA parameter)*)? RPAREN;

parameter: specifier+ variable;

// ---- variables and registers

/** {@code .visible .global .align 16 .v2 .f32 a[4] = {...}, b;}. */
declaration: linkage* specifier+ variable (COMMA variable)* SEMICOLON;

specifier
  : SPACE
  | REG
  | VECTOR
  | DIRECTIVE
  | ALIGN INTEGER
  | PTR
  | attribute
  ;

attribute: ATTRIBUTE LPAREN (DIRECTIVE (LPAREN INTEGER (COMMA INTEGER)* RPAREN)? COMMA?)+ RPAREN;

variable: WORD (LESS count GREATER)? dimension* (ASSIGN initializer)?;

dimension: LBRACKET term? RBRACKET;

initializer
  : LBRACE (initializer (COMMA initializer)*)? RBRACE
  | term
  ;

// ---- statements of a body

line: LOC INTEGER INTEGER INTEGER (COMMA origin)*;

/** {@code function_name label+4} and {@code inlined_at 1 20 3}. */
origin: WORD (WORD (PLUS INTEGER)? | INTEGER INTEGER INTEGER);

/** A label, with the list that it names, or an instruction. */
statement
  : WORD
    ( COLON targets?
    | instruction
    )
  | guard WORD instruction
  ;

guard: AT NOT? WORD;

instruction: modifier* (operand (COMMA operand)*)? SEMICOLON;

/** Modifiers that follow their opcode at once are part of its word. */
modifier: DIRECTIVE | SPACE | VECTOR | REG | ALIGN | PTR;

targets
  : (BRANCH_TARGETS | CALL_TARGETS) WORD (COMMA WORD)* SEMICOLON
  | CALL_PROTOTYPE results? WORD parameters? performance* SEMICOLON
  ;

// ---- operands

operand
  : LBRACKET term (COMMA operand)* RBRACKET
  | LBRACE (operand (COMMA operand)*)? RBRACE
  | term
  ;

/** Operators of all precedences at one level. */
term: sign* primary (operator sign* primary)*;

/** A term within {@code <...>}, where a sign for "greater" ends it. */
count: sign* primary (tighter sign* primary)*;

primary
  : WORD
    ( LBRACKET term RBRACKET
    | LPAREN WORD RPAREN
    | ASSIGN term
    )?
  | INTEGER (LPAREN term RPAREN)?
  | FLOAT
  | DIRECTIVE
  | LPAREN (operand (COMMA operand)*)? RPAREN
  ;

sign
  : PLUS
  | MINUS
  | NOT
  | TILDE
  | CAST
  ;

operator: tighter | LESS | GREATER;

tighter
  : PLUS
  | MINUS
  | STAR
  | SLASH
  | PERCENT
  | SHIFT_LEFT
  | SHIFT_RIGHT
  | NOT_GREATER
  | NOT_LESS
  | EQUAL
  | UNEQUAL
  | AMPERSAND
  | CARET
  | BAR
  | AND
  | OR
  | QUESTION
  | COLON
  ;

// ---- directives

VERSION: '.version';
TARGET: '.target';
ADDRESS_SIZE: '.address_size';
FILE: '.file';
LOC: '.loc';
SECTION: '.section';
PRAGMA: '.pragma';
ALIAS: '.alias';
ENTRY: '.entry';
FUNC: '.func';
EXTERN: '.extern';
VISIBLE: '.visible';
WEAK: '.weak';
COMMON: '.common';
BRANCH_TARGETS: '.branchtargets';
CALL_TARGETS: '.calltargets';
CALL_PROTOTYPE: '.callprototype';
REG: '.reg';
SPACE: '.const' | '.global' | '.local' | '.param' | '.shared' | '.tex' | '.sreg';
VECTOR: '.v' [248];
ALIGN: '.align';
PTR: '.ptr';
ATTRIBUTE: '.attribute';
/** Every other directive, a type, a modifier that stands alone, and a number such as {@code .5}. */
DIRECTIVE: DOTTED;

// ---- names and numbers

/** A name, with a component ({@code %tid.x}), or an opcode with its modifiers. */
WORD: NAME DOTTED*;
INTEGER: ('0' [xX] [0-9a-fA-F]+ | '0' [bB] [01]+ | '0' [0-7]* | [1-9] [0-9]*) 'U'?;
FLOAT
  : [0-9]+ '.' [0-9]* EXPONENT?
  | '.' [0-9]+ [eE] [+-] [0-9]+
  | [0-9]+ EXPONENT
  | '0' [fF] HEX HEX HEX HEX HEX HEX HEX HEX
  | '0' [dD] HEX HEX HEX HEX HEX HEX HEX HEX HEX HEX HEX HEX HEX HEX HEX HEX
  ;
/** Longer than any number above, so that "12ab" is one fault and not two tokens. */
BAD_NUMBER: [0-9] [0-9a-zA-Z_$]*;
STRING: OPEN_STRING '"';
/** To the end of the line: an error that is not read twice. */
OPEN_STRING: '"' (~["\\\r\n] | '\\' ~[\r\n])*;

// ---- punctuation

CAST: '(' [ \t]* '.' [us] '64' [ \t]* ')';
LPAREN: '(';
RPAREN: ')';
LBRACKET: '[';
RBRACKET: ']';
LBRACE: '{';
RBRACE: '}';
COMMA: ',';
SEMICOLON: ';';
COLON: ':';
AT: '@';
ASSIGN: '=';
PLUS: '+';
MINUS: '-';
STAR: '*';
SLASH: '/';
PERCENT: '%';
SHIFT_LEFT: '<<';
SHIFT_RIGHT: '>>';
LESS: '<';
GREATER: '>';
NOT_GREATER: '<=';
NOT_LESS: '>=';
EQUAL: '==';
UNEQUAL: '!=';
NOT: '!';
TILDE: '~';
AMPERSAND: '&';
CARET: '^';
BAR: '|';
AND: '&&';
OR: '||';
QUESTION: '?';

LINE_COMMENT: '//' ~[\r\n]* -> skip;
COMMENT: OPEN_COMMENT '*'+ '/' -> skip;
/** To the end of the text. */
OPEN_COMMENT: '/*' (~'*' | '*'+ ~[*/])*;
WHITESPACE: [ \t\r\n\f\uFEFF]+ -> skip;
INVALID: .;

fragment NAME: [a-zA-Z] [a-zA-Z0-9_$]* | [_$%] [a-zA-Z0-9_$]+ | '_';
fragment DOTTED: '.' [a-zA-Z0-9_]+ ('::' [a-zA-Z0-9_$]+)*;
fragment EXPONENT: [eE] [+-]? [0-9]+;
fragment HEX: [0-9a-fA-F];
